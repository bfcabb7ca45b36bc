//! A sentence in which a pair of backticks marks code, and a pair of asterisks the name of a button, as HTML.

use std::fmt::{self, Display, Formatter};

use askama::filters::{Escaper as _, Html, HtmlSafe};

use crate::texts::punctuation;

/// Escapes what the sentence says. Code stays on one line with the mark of punctuation after it.
#[derive(Clone, Copy)]
pub(in crate::web) struct Sentence<'a>(&'a str);

impl<'a> Sentence<'a> {
    pub fn of(text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        Self(text.as_ref())
    }
}

impl HtmlSafe for Sentence<'_> {}

impl Display for Sentence<'_> {
    fn fmt(&self, html: &mut Formatter<'_>) -> fmt::Result {
        let mut pieces = self.0.split('`');
        write_text(html, pieces.next().unwrap_or_default())?;
        while let Some(code) = pieces.next() {
            let after = pieces.next().unwrap_or_default();
            if let Some((mark, rest)) = punctuation::mark_after(code, after) {
                html.write_str(punctuation::START)?;
                write_element(html, "code", code)?;
                write!(html, "{mark}{}", punctuation::END)?;
                write_text(html, rest)?;
            } else {
                write_element(html, "code", code)?;
                write_text(html, after)?;
            }
        }
        Ok(())
    }
}

/// Text without code.
fn write_text(html: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let mut pieces = text.split('*');
    Html.write_escaped_str(&mut *html, pieces.next().unwrap_or_default())?;
    while let Some(name) = pieces.next() {
        write_element(html, "em", name)?;
        Html.write_escaped_str(&mut *html, pieces.next().unwrap_or_default())?;
    }
    Ok(())
}

fn write_element(html: &mut Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    write!(html, "<{name}>")?;
    Html.write_escaped_str(&mut *html, text)?;
    write!(html, "</{name}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_names_are_marked_and_everything_is_escaped() {
        for (text, html) in [
            ("Press *Send*: `<a>` is & stays", "Press <em>Send</em>: <code>&#60;a&#62;</code> is &#38; stays"),
            ("a `*b*` c", "a <code>*b*</code> c"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("a `b", "a <code>b</code>"),
            ("", ""),
        ] {
            assert_eq!(Sentence::of(text).to_string(), html, "{text}");
        }
    }

    #[test]
    fn no_line_begins_with_the_mark_after_short_code() {
        let kept = "(<span class=\"punctuated\"><code>sub</code>)</span>, ";
        let rest = "<span class=\"punctuated\"><code>exp</code>.</span>";
        assert_eq!(Sentence::of("(`sub`), `exp`.").to_string(), format!("{kept}{rest}"));
        assert!(!Sentence::of("`a line of more than 24 bytes`.").to_string().contains("span"));
    }
}
