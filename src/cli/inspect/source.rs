//! Where `hallpass inspect` finds its tokens: on the command line, in a file, or on standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cli::Failure;
use crate::settings::Environment;

pub(super) enum Source {
    Argument(String),
    File {
        /// As it was typed, without the `@`.
        name: String,
        file: File,
    },
    StandardInput,
}

/// Why the command line names no token.
#[derive(Debug, Error)]
enum SourceError {
    #[error(
        "inspect takes one token on the command line; give several one a line on standard input, or in a file: hallpass inspect @FILE"
    )]
    Several,
    #[error("`{0}` is a file and not a token; to read the token from it: hallpass inspect @{0}")]
    FileName(String),
    #[error("cannot read `{name}`, which @{name} names")]
    Unreadable { name: String, source: io::Error },
}

impl Source {
    /// A token may be several arguments, because people paste `Bearer eyJ…` without quotes.
    ///
    /// With `is_json` the text is judged exactly, so nothing in it names a file: it may be text from somewhere.
    pub fn of(arguments: &[String], is_json: bool, environment: &Environment) -> Result<Self, Failure> {
        let text = match arguments {
            [] => return Ok(Self::StandardInput),
            [one] if one == "-" => return Ok(Self::StandardInput),
            several if several.iter().filter(|it| is_like_a_token(it)).count() > 1 => {
                return Err(SourceError::Several.into());
            }
            one => one.join(" "),
        };
        if is_json {
            return Ok(Self::Argument(text));
        }
        if let Some(name) = text.strip_prefix('@') {
            return Self::file(name, environment);
        }
        if !is_like_a_token(&text) && Path::new(&text).is_file() {
            return Err(SourceError::FileName(text).into());
        }
        Ok(Self::Argument(text))
    }

    fn file(name: &str, environment: &Environment) -> Result<Self, Failure> {
        let unreadable = |source| SourceError::Unreadable { name: name.to_owned(), source };
        let homeless = |_| unreadable(io::Error::other("that home folder is not known; write the whole path"));
        let path = environment.path("token", Path::new(name)).map_err(homeless)?;
        let file = opened(path).map_err(unreadable)?;
        Ok(Self::File { name: name.to_owned(), file })
    }

    /// Tells a person at a terminal that the program waits for them, and not on standard output.
    pub fn prompt(&self) {
        if matches!(self, Self::StandardInput) && io::stdin().is_terminal() {
            // Where the prompt cannot be printed, the program reads all the same.
            let _ = writeln!(io::stderr(), "Paste a token and press Enter. Ctrl-D ends.");
        }
    }

    /// What is wrong when nothing came from here.
    pub fn without_a_token(&self) -> String {
        match self {
            Self::File { name, .. } => format!("`{name}` has no token; name the file that a token was saved in"),
            _ => "no token came on standard input; if the command before the pipe failed, see what it said above; \
                  otherwise pipe a token in (hallpass sign | hallpass inspect), or give it as an argument"
                .to_owned(),
        }
    }
}

/// A folder can be opened too, and fails only when it is read.
fn opened(path: PathBuf) -> io::Result<File> {
    if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { File::open(path) }
}

/// Whether somebody who typed this meant a token: every JSON object begins with these letters in base64url.
fn is_like_a_token(text: &str) -> bool {
    text.starts_with("eyJ")
}
