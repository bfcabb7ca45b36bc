//! `hallpass completions`: prints the script that lets a shell complete commands and flags.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::Failure;
use super::stdout::Stdout;

#[derive(Args)]
#[command(after_help = "\
Examples:
  source <(hallpass completions bash)               # for this shell
  hallpass completions zsh > ~/.zfunc/_hallpass     # a folder in fpath
  hallpass completions fish > ~/.config/fish/completions/hallpass.fish")]
pub(super) struct Options {
    /// The shell that the script is for
    shell: Shell,
}

pub(super) fn run(options: &Options, mut command: Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "hallpass", &mut script);
    Stdout::lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
