//! Base64 that a form read, in which `+` is a blank.

use super::{RecognisedKey, in_text};
use crate::keys::{KeyFault, charset};

/// What is wrong with a key that is damaged, and whole again with a `+` for each blank.
pub(super) fn lost(bytes: &[u8], found: &RecognisedKey) -> Option<RecognisedKey> {
    if !matches!(found.key, Err(KeyFault::Truncated(_))) {
        return None;
    }
    let text = charset::text(bytes);
    let is_whole = |text: String| in_text(&text, 0).is_some_and(|found| found.key.is_ok());
    let is_repaired = text.contains(' ') && (is_whole(in_lines(&text)) || in_ssh_line(&text).any(is_whole));
    is_repaired.then(|| {
        let message = "its base64 has blanks where `+` was, because a form reads `+` as a blank; send it with \
                       `curl --data-urlencode key@FILE`, or write each `+` as `%2B`";
        RecognisedKey::faulty(found.half, KeyFault::Malformed(message.into()))
    })
}

/// The text with a `+` for each blank, except in the lines around a key and in its headers.
fn in_lines(text: &str) -> String {
    let is_base64 = |line: &str| !line.contains("----") && !line.contains(':');
    let restored = |line: &str| if is_base64(line) { line.replace(' ', "+") } else { line.to_owned() };
    text.trim().lines().map(restored).collect::<Vec<_>>().join("\n")
}

/// A line of SSH, whose base64 may go on in any of its words. The last ones are a comment.
fn in_ssh_line(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.trim().split(' ').collect();
    let last = if text.trim().lines().count() == 1 { words.len() } else { 0 };
    (3..=last).map(move |end| [words[0], &words[1..end].join("+"), &words[end..].join(" ")].join(" "))
}
