//! The word list of the lab: secrets that people choose. The lesson on weak secrets and the attacks on the signature
//! try it, and the lesson offers it for download.

/// One secret on each line, the most common first.
pub const FILE: &str = include_str!("common-secrets.txt");

pub fn words() -> impl Iterator<Item = &'static str> {
    FILE.lines()
}
