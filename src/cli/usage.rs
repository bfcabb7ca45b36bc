//! What is wrong with a command line, as the program says every other error: in one line, with what is wrong, where it
//! is, why, and what to do instead.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The line, without the program's name. `called` is the command that was called, as words.
pub(super) fn line(error: &Error, called: &str) -> String {
    if error.context().next().is_none() {
        return first_paragraph(error);
    }
    match fix(error, called) {
        Some(fix) => format!("{}; {fix}", wrong(error)),
        None => wrong(error),
    }
}

fn wrong(error: &Error) -> String {
    let argument = texts(error, ContextKind::InvalidArg);
    match (error.kind(), argument.as_slice()) {
        (ErrorKind::UnknownArgument, [argument]) => format!("unexpected argument `{argument}`"),
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, [argument]) => wrong_value(error, argument),
        (ErrorKind::MissingRequiredArgument, [argument]) => format!("{argument} is missing"),
        (ErrorKind::MissingRequiredArgument, [_, ..]) => format!("{} are missing", argument.join(" and ")),
        (ErrorKind::ArgumentConflict, [argument]) if texts(error, ContextKind::PriorArg) == [argument.as_str()] => {
            format!("{argument} is given twice")
        }
        (ErrorKind::ArgumentConflict, [argument]) => {
            format!("{argument} cannot be used with {}", texts(error, ContextKind::PriorArg).join(" and "))
        }
        (ErrorKind::InvalidSubcommand, _) => {
            format!("there is no command `{}`", texts(error, ContextKind::InvalidSubcommand).concat())
        }
        _ => first_paragraph(error),
    }
}

/// Says it as for the value of a setting.
fn wrong_value(error: &Error, argument: &str) -> String {
    let (name, takes) = argument.split_once(' ').unwrap_or((argument, "a value"));
    match texts(error, ContextKind::InvalidValue).as_slice() {
        [value] if !value.is_empty() => format!("{name} is `{value}` on the command line"),
        _ => format!("{name} has no value on the command line; it takes {takes}"),
    }
}

/// What to do: the advice for what was typed, what is accepted, or where to look.
fn fix(error: &Error, called: &str) -> Option<String> {
    let advice = texts(error, ContextKind::Suggested);
    let accepted = texts(error, ContextKind::ValidValue);
    let alike = [(ContextKind::SuggestedArg, "argument"), (ContextKind::SuggestedSubcommand, "command")];
    let alike = alike.map(|(kind, word)| (texts(error, kind), word)).into_iter().find(|(names, _)| !names.is_empty());
    match (error.source(), alike, error.kind()) {
        _ if !advice.is_empty() => Some(advice.join("; ")),
        (Some(source), ..) => Some(source.to_string()),
        _ if !accepted.is_empty() => Some(format!("accepted: {}", accepted.join(", "))),
        (_, Some((names, word)), _) => Some(format!("a similar {word} exists: `{}`", names.join("`, `"))),
        (.., ErrorKind::InvalidValue) => None,
        (.., ErrorKind::MissingRequiredArgument) => usage(error),
        (.., kind) => {
            let list = if kind == ErrorKind::InvalidSubcommand { "commands" } else { "options" };
            // `help` takes the name of a command, and has no help of its own.
            let called = if called == "help" { "" } else { called };
            let space = if called.is_empty() { "" } else { " " };
            Some(format!("`hallpass {called}{space}--help` lists the {list}"))
        }
    }
}

/// As in `usage: hallpass user add <NAME>`.
fn usage(error: &Error) -> Option<String> {
    let usage = texts(error, ContextKind::Usage).concat();
    usage.trim().strip_prefix("Usage:").map(|usage| format!("usage:{usage}"))
}

/// clap's own words for what is wrong.
fn first_paragraph(error: &Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
    let words = lines.collect::<Vec<_>>().join(" ");
    words.strip_prefix("error: ").map_or_else(|| words.clone(), str::to_owned)
}

/// The texts that the error has of this kind.
fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::iter;

    use super::*;

    #[test]
    fn one_line_says_what_is_wrong_where_and_what_to_do() {
        for (words, called, says) in [
            (&["--nope"][..], "", "unexpected argument `--nope`; a similar argument exists: `--phone-rate`"),
            (&["--xyzzy"], "", "unexpected argument `--xyzzy`; `hallpass --help` lists the options"),
            (&["sign", "--xyzzy"], "sign", "unexpected argument `--xyzzy`; `hallpass sign --help` lists the options"),
            (&["--port", "80"], "", "unexpected argument `--port`; use --bind 127.0.0.1:80"),
            (&["xyzzy"], "", "there is no command `xyzzy`; `hallpass --help` lists the commands"),
            (&["help", "xyzzy"], "help", "there is no command `xyzzy`; `hallpass --help` lists the commands"),
            (
                &["--bind", ":1", "--bind", ":2"],
                "",
                "--bind <HOST:PORT> is given twice; `hallpass --help` lists the options",
            ),
            (&["sing"], "", "there is no command `sing`; did you mean `sign`?"),
            (&["user", "add"], "user add", "<NAME> is missing; usage: hallpass user add <NAME>"),
            (&["lab", "key", "--path", "46"], "lab key", "--path is `46` on the command line; accepted: 45, 90, 180"),
            (&["sign", "--keys"], "sign", "--keys has no value on the command line; it takes <FOLDER>"),
            (
                &["sign", "--ttl", "x"],
                "sign",
                "--ttl is `x` on the command line; accepted: whole seconds from 1 to 86400, or a duration such as 90s, 5m, \
                 1h or 1d",
            ),
            (
                &["--bind", ":80", "sign"],
                "sign",
                "--bind before `sign` is a setting of the server; leave it out, because `sign` starts no server",
            ),
        ] {
            let arguments = iter::once("hallpass").chain(words.iter().copied()).map(OsString::from);
            let error = crate::cli::parse(None, arguments).err().expect("an error");
            assert_eq!(line(&error, called), says);
        }
    }
}
