//! Source code that pages show.

use std::fmt::{self, Display, Formatter};

use super::prose::escape;

/// A piece of source code. It displays as HTML.
///
/// The code of a lesson is much of its page, so it is escaped once and not for every response.
pub struct SourceCode {
    text: &'static str,
    html: String,
}

impl SourceCode {
    pub fn new(text: &'static str) -> Self {
        Self { text, html: escape(text).into_string() }
    }

    /// As it stands in its file.
    pub const fn text(&self) -> &'static str {
        self.text
    }
}

impl Display for SourceCode {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_displays_as_html_that_a_browser_shows_as_the_code() {
        let code = SourceCode::new("if a < b && c == \"<b>\" { 'x' }");
        assert_eq!(code.to_string(), "if a &#60; b &#38;&#38; c == &#34;&#60;b&#62;&#34; { &#39;x&#39; }");
        assert_eq!(code.text(), "if a < b && c == \"<b>\" { 'x' }");
    }
}
