//! `hallpass inspect`: what tokens from the command line or from standard input say, and the verdict on them.

mod source;
mod text;

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, ValueHint};

use super::colour::Palette;
use super::{Failure, KeysFlag, algorithm, key_file};
use crate::clock::{Clock as _, System};
use crate::code::Code;
use crate::keys::{Algorithm, GivenVerifier, KeyError, KeyRing, Verifier, keygen_in};
use crate::settings::{Environment, Flags, Settings};
use crate::texts::printable::json_escaped;
use crate::token::{self, Candidates, Expected, LARGEST_TOKEN, Lines, Pasted, Preview, Show, Verdict};
use source::Source;
use text::Text;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass inspect \"$token\"
  hallpass sign --ttl 1h | hallpass inspect --json | jq .accepted
  hallpass inspect Bearer \"$token\"                  # as in the header
  hallpass inspect --key partner_key.pub @tokens.txt
  hallpass inspect --decode \"$token\"

Exit codes:
  0  every token was accepted
  1  a token was refused
  2  nothing could be verified: a key or an argument is wrong")]
pub(super) struct Options {
    /// The token, or @FILE for a file with one a line; without it, or with -, one a line from standard input
    #[arg(value_hint = ValueHint::FilePath)]
    token: Vec<String>,
    /// Only show what the token says: no key is needed, and nothing is verified
    #[arg(long, conflicts_with_all = ["key", "algorithm"])]
    decode: bool,
    /// This key alone: a secret's text, PEM, OpenSSH, a JWK or a set of them; - is standard input; without it, the keys
    /// folder's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<PathBuf>,
    /// The only algorithm accepted, in any case; without it, what the key is for
    #[arg(long, value_name = "ALG", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// Print one JSON object a token, whose text is judged exactly as it stands, an @ included
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keys: KeysFlag,
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let source = Source::of(&options.token, options.json, environment)?;
    let judge = options.judge(&source, flags, environment)?;
    source.prompt();
    let mut out = io::stdout().lock();
    let palette = Palette::of_stdout();
    let mut inspection = Inspection { judge: &judge, out: &mut out, palette, tokens: 0, all_good: true };
    match inspection.all(&source, options.json) {
        // Whoever reads the verdicts may have seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        done => done?,
    }
    let Inspection { tokens, all_good, .. } = inspection;
    if tokens == 0 {
        return Err(source.without_a_token().into());
    }
    match judge {
        Judge::Missing(why) => Err(why),
        _ if all_good => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::from(1)),
    }
}

impl Options {
    fn judge(&self, source: &Source, flags: &Flags, environment: &Environment) -> Result<Judge, Failure> {
        if self.decode {
            return Ok(Judge::Nobody);
        }
        if let Some(path) = &self.key {
            if path.as_os_str() == "-" && matches!(source, Source::StandardInput) {
                return Err(
                    "--key - and the tokens cannot both come from standard input; put one of them into a file \
                            or on the command line"
                        .into(),
                );
            }
            let key = key_file::read(path, environment)?.verifiers(self.algorithm).map_err(KeyError::unfit(path))?;
            return Ok(Judge::Given(key));
        }
        let folder = self.keys.folder(flags, environment)?;
        let rings = self.rings(&folder, Settings::bearer_algorithm(flags, environment)?)?;
        if rings.iter().all(|(_, keys)| keys.is_empty()) {
            let why = format!(
                "`{}` has no key to verify with; `{}` makes one, --key FILE names another, and --decode shows a token \
                 without judging it",
                folder.display(),
                keygen_in(&folder)
            );
            // Programs want a verdict or nothing; a person can do something with what the token says.
            return if self.json { Err(why.into()) } else { Ok(Judge::Missing(why.into())) };
        }
        let parent = folder.parent().map(PathBuf::from).unwrap_or_default();
        Ok(Judge::Folder { rings, only: self.algorithm, parent })
    }

    /// The demo's keys, and those of bearer tokens, under the algorithm that was asked for or that the server signs
    /// with.
    fn rings(&self, folder: &Path, bearer_algorithm: Algorithm) -> Result<Vec<Ring>, KeyError> {
        let (hs256, rs256) = KeyRing::read_verifying(folder)?;
        let demo = [(Algorithm::Hs256, hs256), (Algorithm::Rs256, rs256)];
        let mut rings: Vec<Ring> = demo.map(|(algorithm, keys)| (algorithm, keys.verifiers().to_vec())).into();
        let preferred: Vec<Algorithm> = self.algorithm.into_iter().chain([bearer_algorithm]).collect();
        for key in KeyRing::read_bearer_verifying(folder, &preferred)? {
            match rings.iter_mut().find(|(algorithm, _)| *algorithm == key.algorithm()) {
                Some((_, keys)) => keys.push(key),
                None => rings.push((key.algorithm(), vec![key])),
            }
        }
        Ok(rings)
    }
}

/// An algorithm, and the keys that verify under it.
type Ring = (Algorithm, Vec<Verifier>);

/// Whose signatures are accepted.
enum Judge {
    Given(GivenVerifier),
    Folder {
        /// The first are for HS256.
        rings: Vec<Ring>,
        only: Option<Algorithm>,
        /// What the keys folder is in. A verdict names a key by the folder and the file alone.
        parent: PathBuf,
    },
    /// Nothing is to be judged.
    Nobody,
    /// Something is to be judged, and there is no key for it.
    Missing(Failure),
}

impl Judge {
    fn verdict(&self, token: &str, now: DateTime<Utc>) -> Verdict {
        match self {
            Self::Given(keys) => token::verify_given(token, keys, now),
            Self::Folder { rings, only, .. } => of_folder(token, rings, *only, now),
            Self::Nobody | Self::Missing(_) => token::decode(token),
        }
    }

    /// How far to believe what the token says. It is printed before the verdict, and the two must not differ.
    fn trust_in(&self, verdict: &Verdict) -> &'static str {
        match verdict.code() {
            _ if !self.judges() => "not verified",
            Code::Accepted => "verified",
            _ if verdict.is_signed() => "signed, but refused",
            _ => "not verified",
        }
    }

    const fn judges(&self) -> bool {
        matches!(self, Self::Given(_) | Self::Folder { .. })
    }
}

fn of_folder(token: &str, rings: &[Ring], only: Option<Algorithm>, now: DateTime<Utc>) -> Verdict {
    let expected = |algorithm| {
        let ring = rings.iter().find(|ring| ring.0 == algorithm).map_or(&[][..], |ring| &ring.1);
        Expected { algorithm, keys: Candidates::Ring(ring), rules: None }
    };
    let all: Vec<_> = rings.iter().map(|ring| expected(ring.0)).collect();
    match (only, &all[..]) {
        (None, [first, others @ ..]) => token::verify_one_of(token, *first, others, now),
        (only, _) => token::verify(token, expected(only.unwrap_or(Algorithm::Hs256)), now),
    }
}

/// One run over all tokens.
struct Inspection<'a> {
    judge: &'a Judge,
    out: &'a mut dyn Write,
    palette: Palette,
    tokens: usize,
    all_good: bool,
}

impl Inspection<'_> {
    fn all(&mut self, source: &Source, is_json: bool) -> io::Result<()> {
        match source {
            Source::Argument(token) if is_json => self.as_json(token),
            Source::Argument(token) => self.as_text(&Pasted::new(token)),
            Source::StandardInput if is_json => for_each_line(&mut io::stdin().lock(), &mut |line| self.as_json(&line)),
            Source::StandardInput => self.pasted_lines(&mut io::stdin().lock()),
            Source::File { file, .. } => self.pasted_lines(&mut io::BufReader::new(file)),
        }
    }

    /// The tokens of some text, of which each may be broken over several lines.
    fn pasted_lines(&mut self, input: &mut impl BufRead) -> io::Result<()> {
        let mut lines = Lines::default();
        for_each_line(input, &mut |line| {
            let before = lines.take(line);
            before.into_iter().chain(lines.finish_if_whole()).try_for_each(|pasted| self.unless_blank(&pasted))
        })?;
        lines.finish().map_or(Ok(()), |pasted| self.unless_blank(&pasted))
    }

    fn unless_blank(&mut self, pasted: &Pasted) -> io::Result<()> {
        if pasted.token.is_empty() { Ok(()) } else { self.as_text(pasted) }
    }

    fn as_json(&mut self, token: &str) -> io::Result<()> {
        let verdict = self.judge.verdict(token, System.now());
        self.count(&verdict);
        let report = serde_json::to_string(&verdict.report(Show::UnverifiedClaims))?;
        writeln!(self.out, "{}", json_escaped(&report))
    }

    fn as_text(&mut self, pasted: &Pasted) -> io::Result<()> {
        let (token, now) = (pasted.token.as_str(), System.now());
        let verdict = self.judge.verdict(token, now);
        self.count(&verdict);
        let mut text = Text { out: &mut *self.out, palette: self.palette };
        let preview = Preview::of(token);
        if let Some(note) = pasted.note().filter(|_| self.judge.judges() || preview.is_some()) {
            text.note(&note)?;
        }
        if let Some(preview) = &preview {
            text.preview(preview, self.judge.trust_in(&verdict), now)?;
        }
        match &self.judge {
            Judge::Given(_) => text.verdict(&verdict, Path::new("")),
            Judge::Folder { parent, .. } => text.verdict(&verdict, parent),
            Judge::Nobody => text.decoded(&verdict),
            Judge::Missing(_) if preview.is_some() => text.end(),
            Judge::Missing(_) => Ok(()),
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        self.tokens += 1;
        let wanted = if self.judge.judges() { Code::Accepted } else { Code::NotVerified };
        self.all_good &= verdict.code() == wanted;
    }
}

/// Hands on each line without its ending. Of a line that is longer than any token, just enough is kept to be refused.
fn for_each_line(input: &mut impl BufRead, inspect: &mut impl FnMut(String) -> io::Result<()>) -> io::Result<()> {
    let mut line = Vec::new();
    while read_line(input, &mut line)? {
        if line.last() == Some(&b'\n') {
            line.pop();
            line.pop_if(|last| *last == b'\r');
        }
        inspect(String::from_utf8_lossy(&line).into_owned())?;
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
