//! The command line: `serve` (the default), `check`, `keygen`, `rotate`, `sign`, `inspect` and `user`.
//!
//! Exit codes: 0 done, 1 `inspect` refused a token, 2 a bad setting, key or argument.

mod check;
mod inspect;
mod keygen;
mod rotate;
mod sign;
mod stdout;
mod user;

use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::clock::{Clock, Settable, System};
use crate::keys::GivenKey;
use crate::log::Printer;
use crate::random::Random;
use crate::settings::{BadSetting, Environment, Flags, Settings, arguments};
use crate::token::printable::escaped;
use crate::web::Server;

/// Hands out short-lived JWTs and lets you watch every step.
#[derive(Parser)]
#[command(name = "hallpass", about, after_help = LOGGING, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    settings: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

const LOGGING: &str = "Each option is also a variable, HALLPASS_BIND and so on, in the environment or in .env.\n\
                       A duration is seconds, or 30s, 5m, 1h, 2d. RUST_LOG filters the log [default: info].";

#[derive(Subcommand)]
enum Command {
    /// Serve the demo; this is what happens without a command
    Serve(Flags),
    /// Say what is wrong with settings, keys and servers, without starting
    Check(Flags),
    /// Make the key that signs tokens, in the keys folder
    Keygen(keygen::Options),
    /// Make the next keys, published before they sign, and remove what only old keys needed
    Rotate(rotate::Options),
    /// Sign one token and print it
    Sign(sign::Options),
    /// Say who may ask for tokens where --credentials users is chosen
    User(user::Options),
    /// Show what a token says and judge it, check by check; without one, each line of standard input
    Inspect(inspect::Options),
}

/// The keys folder of a command that reads no other setting.
#[derive(Args)]
#[group(skip)]
struct KeysFlag {
    #[arg(long, value_name = "FOLDER", help = "The folder of keys [env: HALLPASS_KEYS] [default: keys]")]
    keys: Option<String>,
}

impl KeysFlag {
    fn folder(&self, flags: &Flags, environment: &Environment) -> Result<PathBuf, BadSetting> {
        Settings::keys_folder(self.keys.clone(), flags, environment)
    }
}

/// A command that could not be carried out; its chain of causes becomes one line.
type Failure = Box<dyn Error + Send + Sync>;

/// Reads the command line of this process and carries it out. `--version` names the `commit`, where there is one.
pub fn main(commit: Option<&str>) -> ExitCode {
    let cli = match parse(commit, arguments()) {
        Ok(cli) => cli,
        Err(error) => return explain(&printable(commit, error)),
    };
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            crate::log::print_error(&format!("hallpass: {}", crate::log::chain(failure.as_ref())));
            ExitCode::from(2)
        }
    }
}

fn parse(commit: Option<&str>, arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let number = env!("CARGO_PKG_VERSION");
    let version = commit.map_or_else(|| number.to_owned(), |commit| format!("{number} ({commit})"));
    let mut command = Cli::command().version(&*version.leak());
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// What is wrong with the command line, or the help that was asked for. A message repeats arguments, of which one may
/// be a token from somewhere, so it is made from arguments that are safe to print.
fn printable(commit: Option<&str>, error: clap::Error) -> clap::Error {
    let safe = arguments().map(|argument| OsString::from(escaped(&argument.to_string_lossy()).into_owned()));
    parse(commit, safe).err().unwrap_or(error)
}

/// Prints the help that was asked for, or what is wrong with the command line.
fn explain(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        crate::log::print_error(&error.render().to_string());
        return ExitCode::from(2);
    }
    // A reader that has gone away, as `head` does, has read what it wanted.
    let _ = error.print();
    ExitCode::SUCCESS
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let environment = Environment::read()?;
    let flags = cli.settings;
    match cli.command {
        None => serve(&flags, &environment),
        Some(Command::Serve(own)) => serve(&own.or(&flags), &environment),
        Some(Command::Check(own)) => carry_out(check::run(&own.or(&flags), &environment)),
        Some(Command::Keygen(options)) => keygen::run(&options, &flags, &environment),
        Some(Command::Rotate(options)) => rotate::run(&options, &flags, &environment),
        Some(Command::Sign(options)) => sign::run(&options, &flags, &environment),
        Some(Command::User(options)) => carry_out(user::run(&options, &flags, &environment)),
        Some(Command::Inspect(options)) => inspect::run(&options, &flags, &environment),
    }
}

fn serve(flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags, environment)?;
    let logging = crate::log::start(environment.log_filter())?;
    let printer = Printer::start()?;
    environment.warnings().for_each(|warning| log::warn!("{warning}"));
    carry_out(async {
        let clock: Arc<dyn Clock> = if settings.test_mode { Arc::new(Settable::running()) } else { Arc::new(System) };
        let server = Server::build(settings, clock, Random::system()).await?;
        // The only lines on standard output. They are written at once, so whoever has read one can read both.
        let announce = |url: &str, issuer: &str| {
            logging.catch_up();
            printer.print(&format!("listening on {url}\nissuer {issuer}"));
            Ok(())
        };
        server.run(announce).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The key that `--key` names, where `-` is standard input.
fn key_file(path: &Path, environment: &Environment) -> Result<GivenKey, Failure> {
    if path.as_os_str() != "-" {
        return Ok(GivenKey::read(&environment.path("key", path)?)?);
    }
    Ok(GivenKey::read_from(&mut io::stdin().lock())?)
}

/// A duration within these bounds in seconds, as the value of an option.
fn duration(text: &str, range: std::ops::RangeInclusive<i64>, accepted: &'static str) -> Result<i64, &'static str> {
    crate::clock::seconds_in(text, range).ok_or(accepted)
}

/// Runs `work` to its end, and waits for nothing else: it may have given up a look-up of a name that goes on for long.
fn carry_out<T>(work: impl Future<Output = T>) -> T {
    let system = actix_web::rt::System::new();
    let done = system.block_on(work);
    std::mem::forget(system);
    done
}
