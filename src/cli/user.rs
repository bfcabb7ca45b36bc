//! `hallpass user`: who may ask for tokens where `--credentials users` is chosen.

use std::io::{self, BufRead, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use thiserror::Error;

use super::Failure;
use super::stdout::{Stdout, report};
use crate::accounts::{BadUserName, Password, UserName, hash_password};
use crate::keys::shell_word;
use crate::random::Random;
use crate::settings::{Environment, Flags, Settings};
use crate::store::{self, DatabaseUrl, Found, Store};
use crate::texts::printable::escaped;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass user add susan
  hallpass user add susan <<< 'a password for susan'
  hallpass user list --database sqlite:/var/lib/hallpass/hallpass.db")]
pub(super) struct Options {
    #[command(subcommand)]
    action: Action,
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "Where users are kept [env: HALLPASS_DATABASE] [default: sqlite:hallpass.db]"
    )]
    database: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// Add a user, or give one another password
    ///
    /// The password is a line of standard input. On a terminal it is asked for.
    #[command(
        after_help = "Examples:\n  hallpass user add susan\n  hallpass user add susan <<< 'a password for susan'"
    )]
    Add {
        /// 1 to 64 visible characters, no colon
        name: String,
    },
    /// Remove a user
    #[command(after_help = "Examples:\n  hallpass user remove susan")]
    Remove {
        /// The user's name, as hallpass user list prints it
        name: String,
    },
    /// Print the names of all users, one a line
    #[command(after_help = "Examples:\n  hallpass user list")]
    List,
}

/// Why the users stay as they are.
#[derive(Debug, Error)]
enum UserError {
    #[error("`{name}` cannot be a user's name")]
    Name { name: String, source: BadUserName },
    #[error("there is no user `{0}`; `hallpass user list` prints the names of all")]
    Unknown(String),
    #[error("no password came on standard input; {}", give(.0))]
    NoPassword(String),
    #[error("the password is empty; {}", give(.0))]
    Empty(String),
    #[error("cannot read the password; give it as one line of text on standard input")]
    Input(#[source] io::Error),
    #[error("`sqlite::memory:` loses its users when this command ends; name a file, for example sqlite:hallpass.db")]
    InMemory,
    #[error("the two passwords differ; run the command again and type the same one twice")]
    Differ,
}

/// How to give a user a password.
fn give(name: &str) -> String {
    let name = shell_word(name);
    format!(
        "run `hallpass user add {name}` on a terminal, which asks for it, or give it as a line: `hallpass user add {name} <<< 'a long password'`"
    )
}

pub(super) async fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let database = Settings::database(options.database.clone(), flags, environment)?;
    if database.is_in_memory() {
        return Err(UserError::InMemory.into());
    }
    match &options.action {
        Action::Add { name } => add(&parse_name(name)?, &database).await?,
        Action::Remove { name } => remove(&parse_name(name)?, &database).await?,
        Action::List => list(&database).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The store, when there is one: to look at its users, or to remove one, makes none.
async fn existing(database: &DatabaseUrl) -> Result<Option<Arc<dyn Store>>, Failure> {
    match store::check(database).await? {
        Found::Nothing | Found::Memory => Ok(None),
        Found::Empty | Found::Store => Ok(Some(store::open(database).await?)),
    }
}

fn parse_name(name: &str) -> Result<UserName, UserError> {
    UserName::parse(name).map_err(|source| UserError::Name { name: name.to_owned(), source })
}

/// The store is opened once the password is known, so that who gives none leaves no new one behind.
async fn add(name: &UserName, database: &DatabaseUrl) -> Result<(), Failure> {
    let password =
        if io::stdin().is_terminal() { ask_twice(name)? } else { first_line(name, &mut io::stdin().lock())? };
    if password.as_bytes().is_empty() {
        return Err(UserError::Empty(name.as_str().to_owned()).into());
    }
    let hash = hash_password(&password, Random::system().bytes()?)?;
    let is_new = matches!(store::check(database).await?, Found::Nothing);
    let store = store::open(database).await?;
    let known = store.password_hash(name.as_str()).await?.is_some();
    store.put_user(name.as_str(), &hash).await?;
    let done = if known { "changed the password of" } else { "added" };
    report(&format!("{done} {}\n", escaped(name.as_str())));
    if is_new && io::stderr().is_terminal() {
        let database = database.to_string();
        writeln!(
            io::stderr(),
            "note: made `{}`; start the server in this folder, or with this --database",
            escaped(&database)
        )?;
    }
    Ok(())
}

async fn remove(name: &UserName, database: &DatabaseUrl) -> Result<(), Failure> {
    let is_removed = match existing(database).await? {
        Some(store) => store.remove_user(name.as_str()).await?,
        None => false,
    };
    if !is_removed {
        return Err(UserError::Unknown(name.as_str().to_owned()).into());
    }
    report(&format!("removed {}\n", escaped(name.as_str())));
    Ok(())
}

async fn list(database: &DatabaseUrl) -> Result<(), Failure> {
    let Some(store) = existing(database).await? else { return Ok(()) };
    let mut out = Stdout::lock();
    for name in store.users().await? {
        writeln!(out, "{}", escaped(&name))?;
    }
    Ok(())
}

/// What is typed is not shown, so it is typed twice.
fn ask_twice(name: &UserName) -> Result<Password, UserError> {
    let ask = |prompt: String| rpassword::prompt_password(prompt).map_err(UserError::Input);
    let password = ask(format!("Password for {}: ", escaped(name.as_str())))?;
    if ask("The same again: ".to_owned())? == password { Ok(Password::new(password)) } else { Err(UserError::Differ) }
}

/// A password may have blanks at its ends; only the line's ending is no part of it.
fn first_line(name: &UserName, input: &mut impl BufRead) -> Result<Password, UserError> {
    let mut line = String::new();
    if input.read_line(&mut line).map_err(UserError::Input)? == 0 {
        return Err(UserError::NoPassword(name.as_str().to_owned()));
    }
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Password::new(line.strip_suffix('\r').unwrap_or(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_ending() {
        let name = UserName::parse("susan").unwrap();
        for (input, password) in [("a b \n", "a b "), ("x\r\ny\n", "x"), ("x", "x"), ("\nx", "")] {
            assert_eq!(first_line(&name, &mut input.as_bytes()).unwrap().as_bytes(), password.as_bytes());
        }
        assert!(matches!(first_line(&name, &mut &b""[..]), Err(UserError::NoPassword(_))));
        assert!(matches!(first_line(&name, &mut &b"\xff\n"[..]), Err(UserError::Input(_))));
    }
}
