//! A JSON object as the value of an option: the object itself, the file that has it, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Map, Value};
use thiserror::Error;

use super::Failure;
use crate::input::read_bounded;
use crate::settings::Environment;
use crate::token::{self, ChangedNumber, JsonFault};

/// The most that is read, in bytes. No token that any verifier reads is as large.
const LARGEST: u64 = 64 * 1024;

/// Where the object is.
#[derive(Clone)]
pub(super) enum JsonInput {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl FromStr for JsonInput {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" | "@-" => Self::StandardInput,
            "@" => return Err("accepted: a JSON object, @FILE, or - for standard input"),
            _ => text.strip_prefix('@').map_or_else(|| Self::Text(text.to_owned()), |path| Self::File(path.into())),
        })
    }
}

/// Why an option has no object for its command.
#[derive(Debug, Error)]
enum Unfit {
    #[error("cannot read {source_name}, which --{flag} names")]
    Unreadable { flag: &'static str, source_name: String, source: io::Error },
    #[error(
        "--{flag} must be a JSON object that has each member once, such as '{example}', or @FILE for a file with one"
    )]
    NoObject { flag: &'static str, example: &'static str, source: JsonFault },
    #[error(
        "--{flag} must be a JSON object, and `{name}` is the name of a file; to read the object from it: --{flag} @{name}"
    )]
    FileName { flag: &'static str, name: String },
    #[error("--{flag} has {number}")]
    Number { flag: &'static str, number: ChangedNumber },
    #[error(
        "--{flag} must be a JSON object, and what came has no double quotes: the shell has removed them. Put the object in \
         single quotes: --{flag} '{example}'"
    )]
    Unquoted { flag: &'static str, example: &'static str },
}

/// Whether a shell has removed the double quotes of this object, or nobody typed them.
fn has_lost_its_quotes(text: &str) -> bool {
    text.starts_with('{') && text.contains(':') && !text.contains('"')
}

/// The option that takes an object, without dashes, and an object that fits it.
#[derive(Clone, Copy)]
pub(super) struct JsonOption {
    pub flag: &'static str,
    pub example: &'static str,
}

impl JsonInput {
    pub const fn is_standard_input(&self) -> bool {
        matches!(self, Self::StandardInput)
    }

    /// Reads the object.
    pub fn object(&self, named: JsonOption, environment: &Environment) -> Result<Map<String, Value>, Failure> {
        let JsonOption { flag, example } = named;
        let unreadable = |source_name: String| move |source| Unfit::Unreadable { flag, source_name, source };
        let text = match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::StandardInput => bytes(io::stdin().lock()).map_err(unreadable("standard input".to_owned()))?,
            Self::File(path) => {
                let path = environment.path(flag, path)?;
                read(&path).map_err(unreadable(format!("`{}`", path.display())))?
            }
        };
        let unfit = |source| match self {
            Self::Text(text) if has_lost_its_quotes(text) => Unfit::Unquoted { flag, example },
            Self::Text(name) if Path::new(name).is_file() => Unfit::FileName { flag, name: name.clone() },
            _ => Unfit::NoObject { flag, example, source },
        };
        let members = token::parse_object(&text).map_err(unfit)?;
        match std::str::from_utf8(&text).ok().and_then(token::first_changed_number) {
            Some(number) => Err(Unfit::Number { flag, number }.into()),
            None => Ok(members),
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    bytes(File::open(path)?)
}

fn bytes(input: impl Read) -> io::Result<Vec<u8>> {
    read_bounded(input, LARGEST, "it is over 64 KiB")
}
