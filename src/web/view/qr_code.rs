//! QR codes as SVG, for a projector: pupils with a phone need not type an address.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel};

/// The quiet zone that a reader needs around the code, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// A QR code. Its dark modules are black on white also where the page is dark.
pub(in crate::web) struct QrCode {
    /// In modules, with the quiet zone.
    pub width: usize,
    /// The dark modules, as the path of an SVG.
    pub path: String,
}

impl QrCode {
    /// `None` for a text that is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let side = code.width();
        let mut path = String::new();
        for (y, line) in code.to_colors().chunks(side).enumerate() {
            for (x, run) in dark_runs(line) {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
        }
        Some(Self { width: side + 2 * QUIET, path })
    }
}

/// Where the runs of dark modules of a line begin, and how long they are.
fn dark_runs(line: &[Color]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in line.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_begins_with_the_first_line_of_a_finder_pattern_inside_the_quiet_zone() {
        let code = QrCode::of("http://192.168.1.20:5000/class").unwrap();
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
        // The other two: seven modules before the quiet zone on the right, and the last line below on the left.
        let (right, last) = (code.width - 11, code.width - 5);
        assert!(code.path.contains(&format!("M{right} 4h7v1h-7z")), "{}", code.path);
        assert!(code.path.contains(&format!("M4 {last}h7v1h-7z")), "{}", code.path);
        assert!(QrCode::of(&"x".repeat(3_000)).is_none());
    }

    #[test]
    fn dark_modules_that_touch_are_one_run() {
        let line = [Color::Dark, Color::Dark, Color::Light, Color::Dark];
        assert_eq!(dark_runs(&line), [(0, 2), (3, 1)]);
    }
}
