//! What changed from one JSON text to another, line by line. The texts need not be JSON: a forgery often is none.

use crate::texts::hidden::is_hidden;

/// The longest line and the most lines that are shown; a forger may write more.
const LONGEST: usize = 240;
const MOST: usize = 40;

/// One line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub change: LineChange,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineChange {
    Kept,
    Removed,
    Added,
}

/// The lines of both texts, in order, each once where they agree.
pub fn diff(old: &str, new: &str) -> Vec<Line> {
    let (old, new) = (lines(old), lines(new));
    let common = common(&old, &new);
    let (mut before, mut after) = (0, 0);
    let mut all = Vec::new();
    while before < old.len() || after < new.len() {
        let kept = before < old.len() && after < new.len() && same(&old[before], &new[after]);
        let old_first =
            after == new.len() || (before < old.len() && common[before + 1][after] >= common[before][after + 1]);
        let (text, change) = match (kept, old_first) {
            (true, _) => (&new[after], LineChange::Kept),
            (false, true) => (&old[before], LineChange::Removed),
            (false, false) => (&new[after], LineChange::Added),
        };
        all.push(Line { text: text.clone(), change });
        before += usize::from(change != LineChange::Added);
        after += usize::from(change != LineChange::Removed);
    }
    all
}

/// A comma at the end is no change: it comes and goes with the next line.
fn same(old: &str, new: &str) -> bool {
    old.trim_end_matches(',') == new.trim_end_matches(',')
}

/// How many lines the two have in common from each pair of places on.
fn common(old: &[String], new: &[String]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for before in (0..old.len()).rev() {
        for after in (0..new.len()).rev() {
            common[before][after] = if same(&old[before], &new[after]) {
                common[before + 1][after + 1] + 1
            } else {
                common[before + 1][after].max(common[before][after + 1])
            };
        }
    }
    common
}

/// A text broken where an object's members end, with what cannot be seen made visible.
fn lines(text: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in text.chars() {
        let structural = !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        match c {
            '}' if structural && depth == 1 => {
                lines.push(std::mem::take(&mut line));
                line.push('}');
            }
            // What a line has beyond its beginning is not shown, and a forger may write a megabyte.
            c if line.len() <= LONGEST * 4 => line.push(visible(c)),
            _ => {}
        }
        match c {
            '{' | '[' if structural => depth += 1,
            '}' | ']' if structural => depth = depth.saturating_sub(1),
            _ => {}
        }
        if structural && depth == 1 && matches!(c, '{' | ',') {
            lines.push(std::mem::take(&mut line));
            line.push_str("  ");
        } else if structural && c == ':' && depth == 1 {
            line.push(' ');
        }
    }
    lines.push(line);
    lines.retain(|line| !line.trim().is_empty());
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    lines.extend((more > 0).then(|| format!("… and {more} lines more")));
    lines.into_iter().map(|line| clipped(&line, LONGEST)).collect()
}

/// The beginning of a long text.
pub fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A character's picture where it has none of its own: a NUL becomes ␀.
pub fn visible(c: char) -> char {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or(c),
        0x7f => '␡',
        0x80..0xa0 => '�',
        // It would hide itself, or show the text around it in another order.
        _ if is_hidden(c) => '�',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let sign = |change| match change {
            LineChange::Kept => ' ',
            LineChange::Removed => '-',
            LineChange::Added => '+',
        };
        diff(old, new).into_iter().map(|line| format!("{}{}", sign(line.change), line.text)).collect()
    }

    #[test]
    fn only_the_member_that_changed_is_marked() {
        let shown = shown(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"none","typ":"JWT"}"#);
        assert_eq!(shown, [" {", "-  \"alg\": \"HS256\",", "+  \"alg\": \"none\",", "   \"typ\": \"JWT\"", " }"]);
    }

    #[test]
    fn a_comma_is_no_change() {
        let shown = shown(r#"{"a":1}"#, r#"{"a":1,"b":[{"c":2}]}"#);
        assert_eq!(shown, [" {", "   \"a\": 1,", "+  \"b\": [{\"c\":2}]", " }"]);
    }

    #[test]
    fn what_is_no_object_is_one_line_and_what_is_long_is_clipped() {
        assert_eq!(shown("null", ""), ["-null"]);
        assert_eq!(shown("", "a\0b"), ["+a␀b"]);
        let long = shown("", &"x".repeat(1 << 20));
        assert!(long.len() == 1 && long[0].len() < 300 && long[0].ends_with("x…"), "{long:?}");
    }

    #[test]
    fn a_quote_that_is_escaped_ends_no_text() {
        assert_eq!(shown(r#"{"a":"\",}\\"}"#, r#"{"a":"\",}\\"}"#), [" {", r#"   "a": "\",}\\""#, " }"]);
    }
}
