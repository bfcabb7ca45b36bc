//! `hallpass lab`: what a teacher needs of the lab in a terminal.

use std::io::Write as _;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::Failure;
use super::stdout::Stdout;
use crate::lab::answer_key;
use crate::lab::teach::Path;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass lab key
  hallpass lab key --path 90 > answers.txt")]
pub(super) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the answer key: every lesson's prediction and solution, and every attack's code
    #[command(after_help = "\
Examples:
  hallpass lab key | less
  hallpass lab key --path 90")]
    Key {
        /// Only the lessons of one path for teachers, without the attacks
        #[arg(long, value_name = "MINUTES", value_parser = PossibleValuesParser::new(["45", "90", "180"]))]
        path: Option<String>,
    },
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    match &options.action {
        Action::Key { path } => {
            let path = path.as_deref().and_then(Path::find);
            Stdout::lock().write_all(answer_key::text(path).as_bytes())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
