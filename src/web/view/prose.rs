//! What is HTML already, or has nothing to escape, in a template.

use askama::filters::HtmlSafe;

use crate::code::Code;
use crate::texts::{Prose, SourceCode};

impl HtmlSafe for Prose {}

impl HtmlSafe for SourceCode {}

/// The name of a code is lower-case letters and underscores.
impl HtmlSafe for Code {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_a_character_that_html_would_escape() {
        for code in Code::ALL {
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        }
    }
}
