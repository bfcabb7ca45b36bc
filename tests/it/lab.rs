//! The lab: its lessons, its gallery of attacks, its bench, what teachers need, and the texts of all of them.

mod bench;
mod citations;
pub mod gallery;
mod lesson_code;
mod lesson_page;
mod lessons;
mod teach;
mod texts;
