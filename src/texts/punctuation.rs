//! Which mark of punctuation stays on the line of the code before it. A browser may begin a line between the two,
//! because code is shown as a box of its own, and a line that begins with a comma is hard to read.

/// How long the code is at most, in bytes. Longer code may have to be broken itself.
const SHORT_CODE: usize = 24;

/// The mark after this code, and what follows it; `None` if nothing has to be kept together.
pub fn mark_after<'t>(code: &str, text: &'t str) -> Option<(&'t str, &'t str)> {
    let is_kept = code.len() <= SHORT_CODE && text.starts_with(['.', ',', ';', ':', ')', '?', '!']);
    is_kept.then(|| text.split_at(1))
}

/// The element around the two, which the stylesheet does not break.
pub const START: &str = "<span class=\"punctuated\">";
pub const END: &str = "</span>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stays_with_short_code_alone() {
        assert_eq!(mark_after("sub", ", and"), Some((",", " and")));
        assert_eq!(mark_after("sub", " and"), None);
        assert_eq!(mark_after("a line of more than 24 bytes", "."), None);
        assert_eq!(mark_after("sub", ""), None);
    }
}
