//! What a session keeps of a lesson with parts: a word for each part that is done.

/// The words of the parts that are done.
pub(super) fn text_of(parts: &[(bool, &str)]) -> String {
    parts.iter().filter(|(is_done, _)| *is_done).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// Whether the part of this word is done.
pub(super) fn is_done(text: &str, word: &str) -> bool {
    text.split(' ').any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_says_which_parts_are_done() {
        let text = text_of(&[(true, "one"), (false, "two"), (true, "three")]);
        assert_eq!(text, "one three");
        assert_eq!(
            ["one", "two", "three", "on", ""].map(|word| is_done(&text, word)),
            [true, false, true, false, false]
        );
        assert_eq!(text_of(&[(false, "one")]), "");
    }
}
