//! What to type in place of the flags and commands of other tools.
//!
//! clap suggests what is spelled alike, which for these words is something else: `--help` for `--exp`, and `rotate` for
//! `start`.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use serde::de::IgnoredAny;

use super::key_file;

/// Words that people try, and what is meant.
struct Alias {
    typed: &'static [&'static str],
    /// The commands that have what is meant; the server has no name.
    at: &'static [&'static str],
    /// What to do. Text in braces stands for the value that was typed; without one it is an example.
    instead: &'static str,
}

const SERVER: &[&str] = &["", "serve", "check"];

/// Flags that no command has.
const FLAGS: &[Alias] = &[
    Alias { typed: &["--port", "-p"], at: SERVER, instead: "use --bind 127.0.0.1:{8080}" },
    Alias { typed: &["--host", "--hostname", "--ip"], at: SERVER, instead: "use --bind {127.0.0.1}:5000" },
    Alias { typed: &["--listen", "--address", "--addr"], at: SERVER, instead: "use --bind localhost:5000" },
    Alias {
        typed: &["--secret", "--secret-key", "--jwt-secret"],
        at: SERVER,
        instead: "put the secret's text into the file keys/hs256.secret, or into hs256.secret of --keys FOLDER",
    },
    Alias {
        typed: &["--exp", "--expires-in", "--expires", "--expiry", "--ttl", "--lifetime"],
        at: SERVER,
        instead: "use --token-ttl 1h, or --access-ttl 1h for access tokens",
    },
    Alias {
        typed: &["--iss", "--issuer", "--url", "--base-url"],
        at: SERVER,
        instead: "use --public-url https://demo.example",
    },
    Alias { typed: &["--db"], at: SERVER, instead: "use --database sqlite:hallpass.db" },
    Alias {
        typed: &["--https", "--tls", "--ssl", "--cert"],
        at: SERVER,
        instead: "use --tls-self-signed, or --tls-cert FILE and --tls-key FILE",
    },
    Alias {
        typed: &["--config", "-c", "--env-file"],
        at: SERVER,
        instead: "write each setting as a flag, as a variable such as HALLPASS_BIND, or as a line of the file .env",
    },
    Alias {
        typed: &["--verbose", "-v", "--debug", "--log-level", "--quiet", "-q"],
        at: SERVER,
        instead: "use RUST_LOG=debug hallpass for a longer log, RUST_LOG=warn hallpass for a shorter one",
    },
    Alias {
        typed: &["--user", "--users", "--auth"],
        at: SERVER,
        instead: "use hallpass user add susan, then --credentials users",
    },
    Alias { typed: &["--cors"], at: SERVER, instead: "use --cors-origin https://app.example" },
    Alias { typed: &["--test"], at: SERVER, instead: "use --test-mode on" },
    Alias {
        typed: &["--alg", "-a"],
        at: &["", "serve", "check", "sign", "inspect", "keygen"],
        instead: "use --algorithm {RS256}",
    },
    Alias {
        typed: &["--secret", "--secret-key", "--jwt-secret", "-S"],
        at: &["sign"],
        instead: "use --key FILE with the secret's text in it, or printf %s \"$SECRET\" | hallpass sign --key -",
    },
    Alias {
        typed: &["--secret", "--secret-key", "--jwt-secret", "-S"],
        at: &["inspect"],
        instead: "use --key FILE with the secret's text in it, or printf %s \"$SECRET\" | hallpass inspect --key - TOKEN",
    },
    Alias {
        typed: &["--private-key", "--signing-key", "--key-file", "--pem", "--jwk", "-k"],
        at: &["sign"],
        instead: "use --key FILE, for every form of a key",
    },
    Alias {
        typed: &["--public-key", "--pubkey", "--key-file", "--pem", "--cert", "--jwk", "--jwks", "-k"],
        at: &["inspect"],
        instead: "use --key FILE, for every form of a key",
    },
    Alias {
        typed: &["--exp", "--expires-in", "--expires", "--expiry", "--expiration", "--lifetime", "-e"],
        at: &["sign"],
        instead: "use --ttl 1h, which sets iat and exp",
    },
    Alias { typed: &["--aud", "--audience"], at: &["sign"], instead: "use --claims '{\"aud\": \"{orders}\"}'" },
    Alias { typed: &["--iss", "--issuer", "-i"], at: &["sign"], instead: "use --claims '{\"iss\": \"{demo}\"}'" },
    Alias { typed: &["--jti"], at: &["sign"], instead: "use --claims '{\"jti\": \"{1}\"}'" },
    Alias { typed: &["--nbf"], at: &["sign"], instead: "use --claims '{\"nbf\": 1800000000}'" },
    Alias { typed: &["--iat"], at: &["sign"], instead: "use --claims '{\"iat\": 1800000000}'" },
    Alias { typed: &["--scope"], at: &["sign"], instead: "use --claims '{\"scope\": \"{read}\"}'" },
    Alias { typed: &["--role", "--roles"], at: &["sign"], instead: "use --claims '{\"roles\": [\"{admin}\"]}'" },
    Alias {
        typed: &["--claim", "--payload", "-P", "--data", "-d"],
        at: &["sign"],
        instead: "use --claims '{\"sub\": \"alice\"}', or --claims @FILE",
    },
    Alias { typed: &["--subject", "--user", "-s", "-u"], at: &["sign"], instead: "use --sub {alice}" },
    Alias { typed: &["--keyid", "--key-id"], at: &["sign"], instead: "use --kid {k1}" },
    Alias { typed: &["--typ", "--type"], at: &["sign"], instead: "use --header '{\"typ\": \"{at+jwt}\"}'" },
    Alias { typed: &["--output", "--out", "-o"], at: &["sign"], instead: "use hallpass sign > token.txt" },
    Alias { typed: &["--token", "-t"], at: &["inspect"], instead: "a token needs no flag: hallpass inspect TOKEN" },
    Alias { typed: &["--file", "-f", "--input"], at: &["inspect"], instead: "use hallpass inspect @{token.txt}" },
    Alias {
        typed: &["--no-verify", "--insecure", "--ignore-exp"],
        at: &["inspect"],
        instead: "use --decode, which shows a token and judges nothing",
    },
    Alias {
        typed: &["--verbose", "-v", "--debug"],
        at: &["inspect"],
        instead: "leave it out: hallpass inspect shows every check",
    },
    Alias { typed: &["--verify"], at: &["inspect"], instead: "leave it out: hallpass inspect verifies" },
    Alias { typed: &["--size", "--length", "-b"], at: &["keygen"], instead: "use --bits {2048}" },
    Alias { typed: &["--type", "-t"], at: &["keygen"], instead: "use --algorithm {RS256}" },
    Alias { typed: &["--output", "-o", "--file", "-f"], at: &["keygen"], instead: "use --out {partner_key}" },
    Alias {
        typed: &["--password", "--pass", "-p"],
        at: &["user add"],
        instead: "leave it out: the password is asked for, or is the first line of standard input",
    },
];

/// Commands that there are not.
const COMMANDS: &[Alias] = &[
    Alias { typed: &["verify", "validate", "show"], at: &[""], instead: "use hallpass inspect TOKEN" },
    Alias { typed: &["decode"], at: &[""], instead: "use hallpass inspect --decode TOKEN" },
    Alias {
        typed: &["start", "server", "run", "up", "demo", "listen"],
        at: &[""],
        instead: "use hallpass, or hallpass serve",
    },
    Alias {
        typed: &["generate", "token", "issue", "create", "encode", "new", "jwt", "mint"],
        at: &[""],
        instead: "use hallpass sign",
    },
    Alias { typed: &["genkey", "gen-key", "key", "keys", "generate-key"], at: &[""], instead: "use hallpass keygen" },
    Alias { typed: &["users", "useradd", "adduser", "add-user"], at: &[""], instead: "use hallpass user add NAME" },
    Alias { typed: &["version"], at: &[""], instead: "use hallpass --version" },
    Alias {
        typed: &["docs", "manual"],
        at: &[""],
        instead: "use hallpass --help; the running server shows its docs at /docs",
    },
    Alias { typed: &["class", "classroom", "teach"], at: &[""], instead: "use hallpass --class on" },
    Alias { typed: &["test", "test-mode", "mock"], at: &[""], instead: "use hallpass --test-mode on" },
    Alias { typed: &["config", "doctor", "status", "validate-config"], at: &[""], instead: "use hallpass check" },
    Alias { typed: &["create", "new"], at: &["user"], instead: "use hallpass user add NAME" },
    Alias {
        typed: &["passwd", "password", "change", "update"],
        at: &["user"],
        instead: "use hallpass user add NAME, which also changes a password",
    },
    Alias { typed: &["delete", "del", "rm"], at: &["user"], instead: "use hallpass user remove NAME" },
    Alias { typed: &["ls", "show"], at: &["user"], instead: "use hallpass user list" },
];

/// The error with what to type instead, if that is known.
pub(super) fn added_to(mut error: Error, command: &mut Command, arguments: &[OsString]) -> Error {
    let arguments: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).collect();
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    if arguments.iter().any(|argument| argument.starts_with(key_file::PEM)) {
        return command.error(ErrorKind::InvalidValue, key_file::KEY_TEXT_GIVEN);
    }
    if let [word, rest @ ..] = arguments.as_slice()
        && *word == "help"
        && error.kind() == ErrorKind::InvalidSubcommand
    {
        return of_command(error, command, rest);
    }
    if let Some(advice) = advice(&error, &called(command, &arguments), &arguments) {
        replace_tips(&mut error, advice);
    } else if is_meant_as_help(&error) {
        error.remove(ContextKind::SuggestedArg);
    }
    error
}

/// `help` names no command that is spelled alike, so its error is that of the command itself.
fn of_command(error: Error, command: &mut Command, words: &[&str]) -> Error {
    let arguments: Vec<OsString> = std::iter::once("hallpass").chain(words.iter().copied()).map(Into::into).collect();
    match command.try_get_matches_from_mut(&arguments) {
        Err(own) if own.kind() == ErrorKind::InvalidSubcommand => added_to(own, command, &arguments),
        _ => error,
    }
}

/// The command that these arguments of the process call, as words.
pub(super) fn called_by(command: &Command, arguments: impl Iterator<Item = OsString>) -> String {
    let arguments: Vec<_> = arguments.skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    called(command, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The command that was called, as words.
fn called(command: &Command, arguments: &[&str]) -> String {
    let (mut command, mut words) = (command, Vec::new());
    for argument in arguments {
        if let Some(below) = command.find_subcommand(argument) {
            words.push(*argument);
            command = below;
        }
    }
    words.join(" ")
}

fn advice(error: &Error, called: &str, arguments: &[&str]) -> Option<String> {
    if let Some(flag) = split_object(error, arguments) {
        return Some(format!("put JSON in single quotes, or the shell splits it: --{flag} '{{\"sub\": \"alice\"}}'"));
    }
    let (list, kind) = match error.kind() {
        ErrorKind::UnknownArgument => (FLAGS, ContextKind::InvalidArg),
        ErrorKind::InvalidSubcommand => (COMMANDS, ContextKind::InvalidSubcommand),
        _ => return None,
    };
    let Some(ContextValue::String(typed)) = error.get(kind) else { return None };
    if matches!(kind, ContextKind::InvalidSubcommand) && typed.starts_with("eyJ") {
        return Some("use hallpass inspect TOKEN".to_owned());
    }
    let alias = list.iter().find(|alias| alias.at.contains(&called) && alias.typed.contains(&typed.as_str()));
    alias.map(|alias| filled(alias.instead, value_of(typed, arguments))).or_else(|| alike(error))
}

/// The command that is spelled almost like what was typed.
fn alike(error: &Error) -> Option<String> {
    let name = match error.get(ContextKind::SuggestedSubcommand)? {
        ContextValue::String(name) => name,
        ContextValue::Strings(names) => names.last()?,
        _ => return None,
    };
    Some(format!("did you mean `{name}`?"))
}

/// The flag whose JSON came in several words, because no quotes told the shell that it is one.
fn split_object(error: &Error, arguments: &[&str]) -> Option<&'static str> {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_rest = error.kind() == ErrorKind::UnknownArgument && !typed.starts_with('-');
    let is_part = |value: &str| {
        let is_begun = value.starts_with('{') || (value.contains(':') && !value.starts_with('@'));
        is_begun && serde_json::from_str::<IgnoredAny>(value).is_err()
    };
    let begins = |flag: &&str| value_of(&format!("--{flag}"), arguments).is_some_and(is_part);
    ["claims", "header"].into_iter().filter(|_| is_rest).find(begins)
}

/// The value that stands after the flag.
fn value_of<'a>(flag: &str, arguments: &[&'a str]) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument.strip_prefix(flag).is_some_and(is_empty_or_value))?;
    arguments[at].strip_prefix(flag)?.strip_prefix('=').or_else(|| arguments.get(at + 1).copied())
}

fn is_empty_or_value(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('=')
}

/// The text with this value, or with the example that is in it. Only a value that no shell changes is repeated.
fn filled(text: &str, value: Option<&str>) -> String {
    let example = text.rfind('{').and_then(|start| {
        let (before, rest) = (&text[..start], &text[start + 1..]);
        let (example, after) = rest.split_once('}')?;
        example.chars().all(is_plain).then_some((before, example, after))
    });
    let Some((before, example, after)) = example else { return text.to_owned() };
    let is_fit = |value: &&str| !value.is_empty() && !value.starts_with('-') && value.chars().all(is_plain);
    format!("{before}{}{after}", value.filter(is_fit).unwrap_or(example))
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/' | '_' | '-' | '+')
}

/// clap offers `--help` for each short flag that is spelled a little like it.
fn is_meant_as_help(error: &Error) -> bool {
    let Some(ContextValue::String(suggested)) = error.get(ContextKind::SuggestedArg) else { return false };
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return false };
    suggested == "--help" && !typed.starts_with("--h")
}

/// The usage that clap shows belongs to what it suggests.
fn replace_tips(error: &mut Error, tip: String) {
    for kind in
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedCommand, ContextKind::Usage]
    {
        error.remove(kind);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    /// What the command line with these words says.
    fn said(words: &[&str]) -> String {
        let arguments = iter::once("hallpass").chain(words.iter().copied()).map(OsString::from);
        crate::cli::parse(None, arguments).err().expect("an error").render().to_string()
    }

    fn command_of(words: &str) -> Vec<&str> {
        words.split_whitespace().collect()
    }

    #[test]
    fn every_flag_of_another_tool_gets_its_advice_in_each_command() {
        for alias in FLAGS {
            for (command, typed) in alias.at.iter().flat_map(|at| alias.typed.iter().map(move |typed| (at, typed))) {
                let said = said(&[command_of(command), vec![typed, "-x"]].concat());
                let advice = filled(alias.instead, None);
                assert!(said.contains(&format!("tip: {advice}\n")), "{command} {typed}: {said}");
                assert!(!said.contains("similar") && !said.contains("Usage:"), "{said}");
            }
        }
    }

    #[test]
    fn every_command_of_another_tool_gets_its_advice() {
        for alias in COMMANDS {
            for (command, typed) in alias.at.iter().flat_map(|at| alias.typed.iter().map(move |typed| (at, typed))) {
                let said = said(&[command_of(command), vec![typed]].concat());
                assert!(said.contains(&format!("tip: {}\n", alias.instead)), "{command} {typed}: {said}");
                assert!(!said.contains("similar"), "{said}");
            }
        }
    }

    #[test]
    fn advice_names_flags_that_there_are() {
        let program = crate::cli::declared(None);
        for alias in FLAGS.iter().chain(COMMANDS) {
            let words: Vec<&str> = alias.instead.split([' ', ',', ';']).collect();
            for flag in words.iter().filter_map(|word| word.strip_prefix("--")).filter(|flag| !flag.is_empty()) {
                let named = words.iter().find_map(|word| program.find_subcommand(word));
                let at = named.or_else(|| program.find_subcommand(alias.at[0])).unwrap_or(&program);
                let knows = |command: &Command| command.get_arguments().any(|arg| arg.get_long() == Some(flag));
                assert!(knows(at) || knows(&program), "{}: --{flag}", alias.instead);
            }
        }
    }

    #[test]
    fn a_value_is_repeated_when_it_is_plain() {
        for (words, advice) in [
            (&["--port", "8080"][..], "--bind 127.0.0.1:8080"),
            (&["--port=9000"], "--bind 127.0.0.1:9000"),
            (&["--port"], "--bind 127.0.0.1:8080"),
            (&["serve", "--port", "$(x)"], "--bind 127.0.0.1:8080"),
            (&["--host", "0.0.0.0"], "--bind 0.0.0.0:5000"),
            (&["sign", "--aud", "orders-api"], "--claims '{\"aud\": \"orders-api\"}'"),
            (&["sign", "--aud", "a'b"], "--claims '{\"aud\": \"orders\"}'"),
            (&["inspect", "--file", "t.jwt"], "hallpass inspect @t.jwt"),
        ] {
            let said = said(words);
            assert!(said.contains(&format!("tip: use {advice}\n")), "{words:?}: {said}");
        }
    }

    #[test]
    fn a_command_that_is_mistyped_is_named_by_itself_and_after_help() {
        for (words, command) in [
            (&["sing"][..], "sign"),
            (&["help", "sing"], "sign"),
            (&["help", "keygn"], "keygen"),
            (&["user", "lst"], "list"),
            (&["help", "user", "lst"], "list"),
        ] {
            let said = said(words);
            assert!(said.contains(&format!("tip: did you mean `{command}`?\n")), "{words:?}: {said}");
        }
        assert!(said(&["help", "verify"]).contains("tip: use hallpass inspect TOKEN"));
        assert!(!said(&["help", "xyzzy"]).contains("tip:"));
    }

    #[test]
    fn json_that_a_shell_has_split_is_to_be_quoted() {
        for (words, flag) in [
            (&["sign", "--claims", "{sub:", "alice}"][..], "claims"),
            (&["sign", "--claims={sub:", "alice}"], "claims"),
            (&["sign", "--claims", "sub:alice", "admin:true"], "claims"),
            (&["sign", "--header", "{typ:", "at+jwt}", "--ttl", "1h"], "header"),
        ] {
            let said = said(words);
            let tip = format!("in single quotes, or the shell splits it: --{flag} '{{\"sub\": \"alice\"}}'\n");
            assert!(said.contains(&tip), "{words:?}: {said}");
        }
        for words in [&["sign", "--claims", "{\"a\": 1}", "x"][..], &["sign", "--claims", "{a:", "--exp", "1h"]] {
            assert!(!said(words).contains("single quotes"), "{words:?}");
        }
    }

    #[test]
    fn a_token_in_place_of_a_command_is_to_be_inspected() {
        assert!(said(&["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"]).contains("hallpass inspect TOKEN"));
    }

    #[test]
    fn help_is_not_suggested_for_what_only_looks_alike() {
        assert!(!said(&["sign", "--hex"]).contains("'--sub'"));
        assert!(!said(&["sign", "--elp2"]).contains("similar argument exists: '--help'"));
        assert!(said(&["sign", "--hlp"]).contains("'--help'"));
    }

    #[test]
    fn the_text_of_a_private_key_is_not_printed() {
        let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----";
        for words in [&["sign", "--key", key][..], &["inspect", "--key", key, "x.y.z"], &["sign", key]] {
            let said = said(words);
            assert!(said.contains("this is the text of a key") && !said.contains("MC4C"), "{said}");
        }
    }
}
