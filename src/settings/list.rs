//! The list of settings, as the declaration in [`Options`] has them: for the names of variables, the table in
//! `docs/settings.md`, and tests.

use clap::Arg;

use super::options::{Options, declared};

/// The description of one setting.
pub struct Setting {
    /// The name of the flag, without dashes.
    pub flag: String,
    /// The placeholder of the value in `--help`.
    pub value: String,
    /// The default value, as a user would write it, or in words.
    pub default: String,
    pub help: String,
    /// Its heading in `--help` and in the manual.
    pub heading: String,
}

impl Setting {
    /// Every setting, in the order of `--help`.
    pub fn all() -> Vec<Self> {
        declared::<Options>().get_arguments().map(Self::of).collect()
    }

    /// The environment variable and the name in `.env`.
    pub fn variable(&self) -> String {
        variable(&self.flag)
    }

    fn of(arg: &Arg) -> Self {
        let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let in_words =
            text.split_once(" [default: ").map(|(help, words)| (help, words.trim_end_matches(']').to_owned()));
        let as_value = || arg.get_default_values().iter().map(|it| it.to_string_lossy().into_owned()).collect();
        let (help, default) = in_words.unwrap_or_else(|| (&text, as_value()));
        Self {
            flag: arg.get_long().unwrap_or_default().to_owned(),
            value: arg.get_value_names().unwrap_or_default().concat(),
            default,
            help: help.to_owned(),
            heading: arg.get_help_heading().unwrap_or_default().to_owned(),
        }
    }
}

/// The variable of a flag: `HALLPASS_` and the flag in capitals.
pub(super) fn variable(flag: &str) -> String {
    format!("HALLPASS_{}", flag.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_flag_a_placeholder_a_default_a_help_and_a_heading() {
        for Setting { flag, value, default, help, heading } in Setting::all() {
            let texts = [&flag, &value, &default, &help, &heading];
            assert!(!texts.iter().any(|text| text.is_empty()), "{texts:?}");
        }
    }
}
