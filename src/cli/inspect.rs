//! `hallpass inspect`: the verdict on tokens from the command line or from standard input.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;

use super::Failure;
use crate::clock::{Clock as _, System};
use crate::keys::{Algorithm, GivenKey, KeyError, KeyRing, KeySet, Verifier};
use crate::settings::{Environment, Flags, Settings};
use crate::token::{self, Candidates, Check, Expected, LARGEST_TOKEN, Outcome, Show, Verdict};

#[derive(Args)]
pub(super) struct Options {
    /// The token; without it, one a line from standard input
    #[arg(allow_hyphen_values = true)]
    token: Option<String>,
    /// This key alone: a secret's text, PEM, OpenSSH or a JWK; without it, the keys folder's
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The only algorithm accepted; without it, what the key is for
    #[arg(long, value_name = "ALG")]
    algorithm: Option<Algorithm>,
    /// One JSON object a token
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "FOLDER", help = "The folder of keys [env: HALLPASS_KEYS] [default: keys]")]
    keys: Option<String>,
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let judge = options.judge(flags, environment)?;
    let print = if options.json { print_json } else { print_trace };
    let (mut any, mut all_accepted) = (false, true);
    let mut out = io::stdout().lock();
    let mut inspect = |token: &str| {
        let verdict = judge.verdict(token, System.now());
        any = true;
        all_accepted &= verdict.is_accepted();
        print(&verdict, &mut out)
    };
    let done = match &options.token {
        Some(token) => inspect(token),
        None => for_each_line(&mut io::stdin().lock(), &mut inspect),
    };
    match done {
        // Whoever reads the verdicts may have seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        done => done?,
    }
    if !any {
        return Err("no token came on standard input".into());
    }
    Ok(if all_accepted { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Options {
    fn judge(&self, flags: &Flags, environment: &Environment) -> Result<Judge, Failure> {
        if let Some(path) = &self.key {
            let key = GivenKey::read(path)?.verifier(self.algorithm).map_err(KeyError::unfit(path))?;
            return Ok(Judge::Key(key));
        }
        let flags = Flags::default().with("keys", self.keys.clone()).or(flags);
        let folder = Settings::keys_folder(&flags, environment);
        let (hs256, rs256) = KeyRing::read(&folder)?;
        if hs256.verifiers().is_empty() && rs256.verifiers().is_empty() {
            let folder = folder.display();
            return Err(format!("`{folder}` has no key to verify with; `hallpass keygen` makes one").into());
        }
        Ok(Judge::Folder { hs256, rs256, only: self.algorithm })
    }
}

/// Whose signatures are accepted.
enum Judge {
    Key(Verifier),
    Folder { hs256: KeySet, rs256: KeySet, only: Option<Algorithm> },
}

impl Judge {
    fn verdict(&self, token: &str, now: DateTime<Utc>) -> Verdict {
        token::verify(token, self.expected(token), now)
    }

    fn expected(&self, token: &str) -> Expected<'_> {
        match self {
            Self::Key(key) => Expected { algorithm: key.algorithm(), keys: Candidates::Alone(key), rules: None },
            Self::Folder { hs256, rs256, only } => {
                let algorithm = only.unwrap_or_else(|| claimed_algorithm(token));
                let keys = match algorithm {
                    Algorithm::Hs256 => hs256.verifiers(),
                    Algorithm::Rs256 => rs256.verifiers(),
                    _ => &[],
                };
                Expected { algorithm, keys: Candidates::Ring(keys), rules: None }
            }
        }
    }
}

/// What the token says of itself, when that is one of the folder's two algorithms. Each has keys of its own kind, so
/// here, and only here, the token may choose between them.
fn claimed_algorithm(token: &str) -> Algorithm {
    let expected = |algorithm| Expected { algorithm, keys: Candidates::Ring(&[]), rules: None };
    let verdict = token::verify(token, expected(Algorithm::Rs256), DateTime::UNIX_EPOCH);
    match verdict.rejection() {
        Some((Check::Key, _)) => Algorithm::Rs256,
        _ => Algorithm::Hs256,
    }
}

/// Hands on each line without its ending. Of a line that is longer than any token, just enough is kept to be refused.
fn for_each_line(input: &mut impl BufRead, inspect: &mut impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut line = Vec::new();
    while read_line(input, &mut line)? {
        if line.last() == Some(&b'\n') {
            line.pop();
            line.pop_if(|last| *last == b'\r');
        }
        inspect(&String::from_utf8_lossy(&line))?;
        line.clear();
    }
    Ok(())
}

/// Reads up to and with the next line feed, and drops what would make the line longer than a token may be.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut any = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(buffer.len());
        let room = (LARGEST_TOKEN + 2).saturating_sub(line.len());
        line.extend_from_slice(&buffer[..taken.min(room)]);
        input.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn print_json(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &verdict.report(Show::UnverifiedClaims))?;
    writeln!(out)
}

fn print_trace(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let word = if verdict.is_accepted() { "accepted" } else { "refused" };
    writeln!(out, "{word}: {}", verdict.message())?;
    for (check, outcome) in verdict.checks() {
        let sign = match outcome {
            Outcome::Passed(_) => "✓",
            Outcome::Failed(_) => "✗",
            Outcome::NotReached => "–",
        };
        writeln!(out, "  {sign} {:<11} {outcome}", check.title())?;
        if let Outcome::Failed(reason) = outcome {
            let indent = " ".repeat(15);
            writeln!(out, "{indent} expected: {}", reason.expected)?;
            writeln!(out, "{indent} found:    {}", reason.found)?;
            writeln!(out, "{indent} code:     {}, {}", reason.code, reason.rfc)?;
        }
    }
    writeln!(out)
}
