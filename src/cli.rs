//! The command line: `serve` (the default) and the other commands, one file each.
//!
//! What `--help`, the manual pages and the completions say is read from the declarations here and in those files.
//!
//! Exit codes: 0 done, 1 `inspect` refused a token, 2 a bad setting, key or argument.

mod advice;
mod check;
mod colour;
mod completions;
mod help;
mod inspect;
mod json_input;
mod key_file;
mod keygen;
mod lab;
mod man;
mod rotate;
mod sign;
mod stdout;
mod usage;
mod user;

use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::styling::Style;
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueHint};

use crate::clock::{Clock, Settable, System};
use crate::keys::Algorithm;
use crate::log::Printer;
use crate::random::Random;
use crate::settings::{BadSetting, Environment, Flags, Settings, arguments};
use crate::texts::printable::escaped;
use crate::web::Server;

/// Issues JSON Web Tokens and shows every check that a verifier makes on them.
///
/// Without a command, hallpass serves the browser demo, the lab and the token endpoints. The other commands need no
/// server: they sign and inspect tokens, make and rotate keys, and keep users. The running server shows its docs at
/// /docs.
#[derive(Parser)]
#[command(name = "hallpass", after_help = AFTER_HELP, styles = help::STYLES, max_term_width = help::WIDTH)]
struct Cli {
    #[command(flatten)]
    settings: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER_HELP: &str = "\
Examples:
  hallpass                                   # then open http://127.0.0.1:5000
  hallpass --test-mode on --keys memory --database sqlite::memory:   # for tests
  openssl rand -hex 32 > k && hallpass sign --key k | hallpass inspect --key k

Environment:
  Each option is also a variable, HALLPASS_BIND and so on, and a line in .env.
  A duration is seconds, or 30s, 5m, 1h, 2d; on is also true, yes or 1.
  RUST_LOG filters the log [default: info].";

const AFTER_SERVER_HELP: &str = "\
Examples:
  hallpass serve --bind :8080
  hallpass check --database postgres://hallpass@db.example/hallpass";

#[derive(Subcommand)]
enum Command {
    /// Start the server; so does hallpass without a command
    #[command(after_help = AFTER_SERVER_HELP)]
    Serve(Flags),
    /// Say what is wrong with settings, keys and other servers
    #[command(after_help = AFTER_SERVER_HELP)]
    Check(Flags),
    /// Sign one token and print it
    Sign(sign::Options),
    /// Show what a token says and verify it, check by check
    Inspect(inspect::Options),
    /// Make the key that signs tokens
    Keygen(keygen::Options),
    /// Make the next keys, which are published before they sign
    Rotate(rotate::Options),
    /// Add, remove and list the users of --credentials users
    User(user::Options),
    /// Print the answer key of the lab
    Lab(lab::Options),
    /// Print the script that completes commands and flags in a shell
    Completions(completions::Options),
    /// Write the manual pages into a folder
    Man(man::Options),
}

/// The keys folder of a command that reads no other setting.
#[derive(Args)]
#[group(skip)]
struct KeysFlag {
    #[arg(
        long,
        value_name = "FOLDER",
        value_hint = ValueHint::DirPath,
        help = "The folder of keys [env: HALLPASS_KEYS] [default: keys]"
    )]
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
        Err(error) => return explain(commit, &printable(commit, error)),
    };
    match run(cli, commit) {
        Ok(code) => code,
        Err(failure) => {
            print_error(&crate::log::chain(failure.as_ref()));
            ExitCode::from(2)
        }
    }
}

/// The declaration of all commands, with the layout of their help.
fn declared(commit: Option<&str>) -> clap::Command {
    let number = env!("CARGO_PKG_VERSION");
    let version = commit.map_or_else(|| number.to_owned(), |commit| format!("{number} ({commit})"));
    let mut command = Cli::command().version(&*version.leak());
    command.build();
    let command = command.mut_subcommand("help", |help| help.about("Print the help of a command"));
    help::laid_out(command)
}

fn parse(commit: Option<&str>, arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = declared(commit);
    let arguments: Vec<OsString> = arguments.collect();
    let matches = command.try_get_matches_from_mut(&arguments);
    let matches = matches.map_err(|error| advice::added_to(error, &mut command, &arguments))?;
    if let Some(misplaced) = misplaced(&matches, &command)? {
        return Err(command.error(ErrorKind::ArgumentConflict, misplaced));
    }
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The settings that other commands read too, and which may therefore also come before these commands.
const SHARED: [&str; 2] = ["keys", "database"];

/// What is wrong with a setting of the server that comes before a command that does not read it.
fn misplaced(matches: &ArgMatches, command: &clap::Command) -> Result<Option<String>, clap::Error> {
    let name = matches.subcommand_name().filter(|name| !matches!(*name, "serve" | "check"));
    let Some(below) = name.and_then(|name| command.find_subcommand(name)) else { return Ok(None) };
    let own: Vec<&str> = below.get_arguments().filter_map(clap::Arg::get_long).collect();
    let flags = Flags::from_arg_matches(matches)?;
    let unread = flags.names().into_iter().find(|flag| !(SHARED.contains(flag) && own.contains(flag)));
    Ok(unread.map(|flag| {
        let name = below.get_name();
        let fix = if own.contains(&flag) {
            format!("put it after the command: hallpass {name} --{flag} …")
        } else {
            format!("leave it out, because `{name}` starts no server")
        };
        format!("--{flag} before `{name}` is a setting of the server; {fix}")
    }))
}

/// What is wrong with the command line, or the help that was asked for. A message repeats arguments, of which one may
/// be a token from somewhere, so it is made from arguments that are safe to print.
fn printable(commit: Option<&str>, error: clap::Error) -> clap::Error {
    let safe = arguments().map(|argument| OsString::from(escaped(&argument.to_string_lossy()).into_owned()));
    parse(commit, safe).err().unwrap_or(error)
}

/// Prints the help that was asked for, or what is wrong with the command line.
fn explain(commit: Option<&str>, error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        match error.kind() {
            // A command that lacks its own command gets its help.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => print_help(error),
            _ => print_error(&usage::line(error, &advice::called_by(&declared(commit), arguments()))),
        }
        return ExitCode::from(2);
    }
    // A reader that has gone away, as `head` does, has read what it wanted.
    let _ = error.print();
    ExitCode::SUCCESS
}

/// Prints an error after the program's name: one line, whether it is about the command line or about anything else.
fn print_error(says: &str) {
    let name = if colour::is_wanted(&io::stderr()) { *help::STYLES.get_error() } else { Style::new() };
    crate::log::print_error(&format!("{name}hallpass:{name:#} {says}"));
}

fn print_help(error: &clap::Error) {
    let text = error.render();
    let is_coloured = colour::is_wanted(&io::stderr());
    crate::log::print_error(&if is_coloured { text.ansi().to_string() } else { text.to_string() });
}

fn run(cli: Cli, commit: Option<&str>) -> Result<ExitCode, Failure> {
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
        Some(Command::Lab(options)) => lab::run(&options),
        Some(Command::Completions(options)) => completions::run(&options, declared(commit)),
        Some(Command::Man(options)) => man::run(&options, &declared(commit), &environment),
    }
}

fn serve(flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags, environment)?;
    let logging = crate::log::start(environment.log_filter())?;
    let printer = Printer::start()?;
    environment.warnings().chain(settings.warnings()).for_each(|warning| log::warn!("{warning}"));
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

/// An algorithm by its name, in any case.
fn algorithm(text: &str) -> Result<Algorithm, String> {
    let is_other_name = text.eq_ignore_ascii_case(Algorithm::RFC_9864_NAME);
    let name = if is_other_name { "; Ed25519 (RFC 9864) is called EdDSA here" } else { "" };
    Algorithm::named(text).ok_or_else(|| format!("accepted: {}{name}", Algorithm::choice()))
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
