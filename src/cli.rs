//! The command line: `serve` (the default), `check`, `keygen`, `rotate`, `sign`, `inspect` and `user`.
//!
//! Exit codes: 0 done, 1 `inspect` refused a token, 2 a bad setting, key or argument.

mod check;
mod inspect;
mod keygen;
mod rotate;
mod sign;
mod user;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::clock::{Clock, Settable, System};
use crate::settings::{Environment, Flags, Settings};
use crate::store;
use crate::web::Server;

/// Hands out short-lived JWTs and lets you watch every step.
#[derive(Parser)]
#[command(name = "hallpass", version = env!("HALLPASS_VERSION"), about, after_help = LOGGING, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    settings: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

const LOGGING: &str = "Each option is also a variable, HALLPASS_BIND and so on, in the environment or in .env.\n\
                       RUST_LOG, in the environment or in .env, says what is logged [default: info].";

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
    /// Judge a token, check by check; without one, each line of standard input
    Inspect(inspect::Options),
}

/// A command that could not be carried out; its chain of causes becomes one line.
type Failure = Box<dyn Error + Send + Sync>;

/// Reads the command line of this process and carries it out.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("hallpass: {}", crate::log::chain(failure.as_ref()));
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let environment = Environment::read()?;
    let flags = cli.settings;
    match cli.command {
        None => serve(&flags, &environment),
        Some(Command::Serve(own)) => serve(&own.or(&flags), &environment),
        Some(Command::Check(own)) => carry_out(check::run(&own.or(&flags), &environment)),
        Some(Command::Keygen(options)) => keygen::run(options, &flags, &environment),
        Some(Command::Rotate(options)) => rotate::run(options, &flags, &environment),
        Some(Command::Sign(options)) => sign::run(&options, &flags, &environment),
        Some(Command::User(options)) => users(&options, &flags, &environment),
        Some(Command::Inspect(options)) => inspect::run(&options, &flags, &environment),
    }
}

fn serve(flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags, environment)?;
    crate::log::start(environment.log_filter())?;
    environment.warnings().for_each(|warning| log::warn!("{warning}"));
    carry_out(async {
        let clock: Arc<dyn Clock> = if settings.test_mode { Arc::new(Settable::running()) } else { Arc::new(System) };
        let server = Server::build(settings, clock).await?;
        server.run(announce).await?;
        Ok(ExitCode::SUCCESS)
    })
}

fn users(options: &user::Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let database = Settings::database(&options.flags(flags), environment);
    carry_out(async {
        let store = store::open(&database).await?;
        user::run(options, store.as_ref()).await
    })
}

/// Runs `work` to its end, and waits for nothing else: it may have given up a look-up of a name that goes on for long.
fn carry_out<T>(work: impl Future<Output = T>) -> T {
    let system = actix_web::rt::System::new();
    let done = system.block_on(work);
    std::mem::forget(system);
    done
}

/// The one line on standard output: the socket is bound, so whoever reads it can connect.
fn announce(url: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")?;
    out.flush()
}
