//! Colours of what the commands print: on a terminal only, and not where `NO_COLOR` is set.

use std::io;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};

/// Whether this stream is a terminal that is to have colours.
pub(super) fn is_wanted(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// The styles of a verdict; all of them plain where no colour is wanted.
#[derive(Clone, Copy, Default)]
pub(super) struct Palette {
    pub accepted: Style,
    pub refused: Style,
    pub heading: Style,
    pub quiet: Style,
}

impl Palette {
    const COLOURED: Self = Self {
        accepted: AnsiColor::Green.on_default().bold(),
        refused: AnsiColor::Red.on_default().bold(),
        heading: Style::new().bold(),
        quiet: Style::new().dimmed(),
    };

    /// For standard output.
    pub fn of_stdout() -> Self {
        if is_wanted(&io::stdout()) { Self::COLOURED } else { Self::default() }
    }
}
