//! `hallpass man`: writes the manual pages, one for each command, from the declaration that `--help` shows.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;
use thiserror::Error;

use super::stdout::Stdout;
use super::{Failure, help};
use crate::settings::Environment;
use crate::texts::printable::escaped;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass man ~/.local/share/man/man1
  man hallpass-sign")]
pub(super) struct Options {
    /// The folder that the pages are written to; it is made if missing
    #[arg(value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

#[derive(Debug, Error)]
#[error("cannot write the manual page `{path}`")]
struct Unwritten {
    path: String,
    source: io::Error,
}

pub(super) fn run(options: &Options, command: &Command, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = environment.path("folder", &options.folder)?;
    let unwritten = |path: &Path| {
        let path = path.display().to_string();
        move |source| Unwritten { path, source }
    };
    fs::create_dir_all(&folder).map_err(unwritten(&folder))?;
    for (name, page) in pages(command)? {
        let path = folder.join(name);
        fs::write(&path, page).map_err(unwritten(&path))?;
        writeln!(Stdout::lock(), "made {}", escaped(&path.display().to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file's name and the text of each page: that of the command, and then of those below it.
fn pages(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = vec![(Man::new(command.clone()).get_filename(), page(command)?)];
    for below in command.get_subcommands().filter(|below| !is_help(below)) {
        pages.extend(self::pages(below)?);
    }
    Ok(pages)
}

/// A command that prints what the pages say.
fn is_help(command: &Command) -> bool {
    command.get_name() == "help"
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let shown = command.clone().mut_subcommands(|below| if is_help(&below) { below.hide(true) } else { below });
    let usage = command.clone().render_usage().to_string();
    let man = Man::new(shown).source(concat!("hallpass ", env!("CARGO_PKG_VERSION"))).manual("Hallpass");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    // The library's own synopsis lists every option.
    writeln!(page, ".SH SYNOPSIS\n{}", escape(usage.trim_start_matches("Usage: ")))?;
    man.render_description_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for (title, lines) in help::sections(&after) {
        write!(page, ".SH {}\n.nf\n{}.fi\n", title.to_uppercase(), literal(lines))?;
    }
    if command.get_name() != "hallpass" {
        page.extend_from_slice(b".SH SEE ALSO\n\\fBhallpass\\fR(1)\n");
    }
    Ok(page)
}

/// Lines that roff prints as they stand, without the indentation that they have in `--help`.
fn literal(lines: &str) -> String {
    let line = |line: &str| {
        let text = escape(line.trim_start());
        // A line that begins with one of these would be a request to roff.
        let start = if text.starts_with(['.', '\'']) { "\\&" } else { "" };
        format!("{start}{text}\n")
    };
    lines.lines().map(line).collect()
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roff_prints_a_line_as_it_stands() {
        assert_eq!(literal("  a --b \\n\n  .env"), "a \\-\\-b \\en\n\\&.env\n");
    }
}
