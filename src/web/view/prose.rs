//! Prose in a template: it is HTML already, with everything escaped that its text says.

use askama::filters::HtmlSafe;

use crate::texts::Prose;

impl HtmlSafe for Prose {}
