//! The one mechanism that reads a setting's value from its source: the first of flag, environment, `.env` and default
//! that has one.
//!
//! It asks the declaration for its options, finds the text of each that is given, and lets clap parse these texts into
//! the types of the fields. So flags, variables and lines of `.env` have the same parsers and the same errors.

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args};

use super::environment::Environment;
use super::error::{self, BadSetting, Origin};
use super::flags::Flags;
use super::options::declared;
use super::{list, paths};

/// Reads the options of `S`. Values of other options are not looked at, so they cannot be at fault.
pub(super) fn read<S: Args>(flags: &Flags, environment: &Environment) -> Result<S, BadSetting> {
    let command = declared::<S>();
    let given: Vec<GivenOption> =
        command.get_arguments().filter_map(|arg| GivenOption::find(arg, flags, environment)).collect();
    let matches = command.try_get_matches_from(given.iter().map(|it| format!("--{}={}", it.flag, it.expanded)));
    matches.and_then(|matches| S::from_arg_matches(&matches)).map_err(|error| {
        let refused = given.iter().find(|it| it.is_refused_by(&error));
        refused.expect("each option has a default or may be missing, so only values are refused").refusal(&error)
    })
}

/// An option that some source gives a value.
struct GivenOption {
    flag: String,
    /// The option as clap's errors name it.
    option: String,
    value: String,
    /// The value with the home folder in place of `~`, if it is a path.
    expanded: String,
    origin: Origin,
}

impl GivenOption {
    fn find(arg: &Arg, flags: &Flags, environment: &Environment) -> Option<Self> {
        let flag = arg.get_long()?;
        let flagged = || flags.get(flag).map(|value| (value, Origin::Flag));
        let (value, origin) = flagged().or_else(|| environment.get(&list::variable(flag)))?;
        // What cannot be expanded is refused by the option's parser.
        let expanded = paths::expanded_as(arg.get_value_hint(), value, environment.home());
        Some(Self {
            flag: flag.to_owned(),
            option: arg.to_string(),
            value: value.to_owned(),
            expanded: expanded.unwrap_or_else(|| value.to_owned()),
            origin,
        })
    }

    fn is_refused_by(&self, error: &clap::Error) -> bool {
        matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(option)) if *option == self.option)
    }

    /// The source of clap's error is the parser's error, which says what is accepted.
    fn refusal(&self, error: &clap::Error) -> BadSetting {
        let accepted = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        error::refused_value(&self.flag, &self.value, self.origin, accepted)
    }
}
