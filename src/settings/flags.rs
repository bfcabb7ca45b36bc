//! The command line, the first source of settings: the values of its flags, not yet parsed.

use std::collections::HashMap;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::{SETTINGS, Setting};

/// The settings from the command line, not yet parsed.
#[derive(Clone, Debug, Default)]
pub struct Flags(HashMap<&'static str, String>);

impl Flags {
    /// These flags, completed by those of `outer`.
    #[must_use]
    pub fn or(mut self, outer: &Self) -> Self {
        for (flag, value) in &outer.0 {
            self.0.entry(flag).or_insert_with(|| value.clone());
        }
        self
    }

    /// Adds a flag.
    #[must_use]
    pub fn with(mut self, flag: &'static str, value: Option<String>) -> Self {
        self.0.extend(value.map(|value| (flag, value)));
        self
    }

    pub(super) fn get(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |setting: &Setting| Some((setting.flag, matches.get_one::<String>(setting.flag)?.clone()));
        Ok(Self(SETTINGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?.or(self);
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(SETTINGS.iter().map(Setting::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
