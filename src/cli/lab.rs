//! `hallpass lab`: what a teacher needs of the lab in a terminal.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;
use super::stdout::Stdout;
use crate::lab::answer_key;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass lab key
  hallpass lab key > answers.txt")]
pub(super) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the answer key: every lesson's prediction and solution, and every attack's code
    #[command(after_help = "\
Examples:
  hallpass lab key | less")]
    Key,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    match options.action {
        Action::Key => Stdout::lock().write_all(answer_key::text().as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
