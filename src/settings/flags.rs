//! The command line, the first source of settings: the values of its flags, not yet parsed.
//!
//! They are parsed later, together with the values of the other sources. So a bad value stops only a command that needs
//! it.

use std::collections::HashMap;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Id, value_parser};

use super::options::{Options, declared};

/// The settings from the command line, not yet parsed, by the names of their flags without dashes.
#[derive(Clone, Debug, Default)]
pub struct Flags(HashMap<String, String>);

impl Flags {
    /// These flags, completed by those of `outer`.
    #[must_use]
    pub fn or(mut self, outer: &Self) -> Self {
        for (flag, value) in &outer.0 {
            self.0.entry(flag.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// Adds a flag.
    #[must_use]
    pub fn with(mut self, flag: &str, value: Option<String>) -> Self {
        self.0.extend(value.map(|value| (flag.to_owned(), value)));
        self
    }

    /// The flag of `S`, which declares one option.
    pub(super) fn of_one<S: Args>(value: Option<String>) -> Self {
        let command = declared::<S>();
        let flag = command.get_arguments().find_map(Arg::get_long);
        flag.map(|flag| Self::default().with(flag, value)).unwrap_or_default()
    }

    /// The names of the flags that were given, without dashes, in the order of the alphabet.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn get(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |arg: &Arg| {
            let id = arg.get_id().as_str();
            let is_given = matches.value_source(id) == Some(ValueSource::CommandLine);
            let value = matches.get_one::<String>(id).filter(|_| is_given)?;
            Some((arg.get_long()?.to_owned(), value.clone()))
        };
        Ok(Self(declared::<Options>().get_arguments().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?.or(self);
        Ok(())
    }
}

/// The declared options with text as their values.
impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let ids: Vec<Id> = declared::<Options>().get_arguments().map(|arg| arg.get_id().clone()).collect();
        let as_text = |arg: Arg| if ids.contains(arg.get_id()) { arg.value_parser(value_parser!(String)) } else { arg };
        Options::augment_args(command).mut_args(as_text)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
