//! The lab: what it teaches, as values. It knows tokens and keys; it opens nothing, asks nobody and grants nothing.
//!
//! One catalogue of attacks is the gallery, the JSON and the tests at once; one of lessons is the index, the worksheet
//! and the tests. What a naive verifier would say is computed here and reaches no page outside `/lab`.

pub mod answer_key;
pub mod attackers_key;
pub mod attacks;
pub mod bench;
pub mod class;
pub mod common_secrets;
pub mod diff;
pub mod dpop;
pub mod forge;
pub mod glossary;
pub mod lessons;
pub mod naive;
pub mod progress;
pub mod sent_request;
pub mod teach;

use std::sync::LazyLock;

/// Reads every text of the lab now. A mistake in one then ends the start of the server, and no request.
pub fn read_texts() {
    LazyLock::force(&glossary::GLOSSARY);
    LazyLock::force(&lessons::PARTS);
    LazyLock::force(&attacks::SECTIONS);
    LazyLock::force(&teach::PATHS);
}
