//! The glossary: every term of the lab with its meaning, and the links that lead to it.
//!
//! The terms are the sections of `templates/lab/glossary.md`, in the order of the page. A section may begin with a
//! paragraph `Also: …`, which lists further spellings. A lesson links each term where it is first used in running text.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::texts::{Passage, Prose, TextError, TextFile, TextLink, must_read, text_file};

/// The address of the page.
pub const ADDRESS: &str = "/lab/glossary";

/// One term.
pub struct Term {
    pub name: &'static str,
    /// Its name in the page's address.
    pub slug: String,
    pub meaning: Prose,
    /// Its name and its further spellings, in lower case.
    spellings: Vec<String>,
}

/// Every term, in the order of the page.
pub static GLOSSARY: LazyLock<Glossary> =
    LazyLock::new(|| must_read(Glossary::read(text_file!("templates/lab/glossary.md"))));

/// The text of the page.
pub struct Glossary {
    pub title: &'static str,
    pub lead: Prose,
    pub terms: Vec<Term>,
    /// Every spelling with the place of its term, the longest first: of two that match, the longer one counts.
    spellings: Vec<(String, usize)>,
}

impl Glossary {
    fn read(file: TextFile) -> Result<Self, TextError> {
        let mut text = file.read()?;
        let title = text.field("title")?;
        let lead = text.lead()?.paragraph()?;
        let terms: Vec<Term> =
            text.sections().iter().map(|(name, section)| Term::read(name, section)).collect::<Result<_, _>>()?;
        text.finish()?;
        let mut spellings: Vec<(String, usize)> = Vec::new();
        for (place, term) in terms.iter().enumerate() {
            spellings.extend(term.spellings.iter().map(|spelling| (spelling.clone(), place)));
        }
        spellings.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        Ok(Self { title, lead, terms, spellings })
    }

    /// The terms from A to Z.
    pub fn sorted(&self) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by_key(|term| term.name.to_lowercase());
        terms
    }
}

impl Term {
    fn read(name: &'static str, section: &Passage) -> Result<Self, TextError> {
        let mut paragraphs = section.paragraphs();
        let also = paragraphs.first().map(Passage::words).unwrap_or_default();
        let mut spellings = vec![name.to_ascii_lowercase()];
        if let Some(further) = also.strip_prefix("Also: ") {
            spellings.extend(further.split(", ").map(str::to_ascii_lowercase));
            paragraphs.remove(0);
        }
        let [meaning] = &paragraphs[..] else {
            return Err(section.error("a term has one paragraph that says what it means"));
        };
        let slug = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        Ok(Self { name, slug, meaning: meaning.paragraph()?, spellings })
    }
}

/// Links each term at its first use in the texts of one page.
#[derive(Default)]
pub struct FirstUses {
    linked: HashSet<usize>,
}

impl FirstUses {
    /// The text with links to the terms that no text before it used.
    #[must_use]
    pub fn link(&mut self, prose: &Prose) -> Prose {
        prose.linked(|text| self.links(&GLOSSARY, text))
    }

    fn links(&mut self, glossary: &Glossary, text: &str) -> Vec<TextLink> {
        let lower = text.to_ascii_lowercase();
        let mut links = Vec::new();
        let mut from = 0;
        while let Some(start) = next_word(&lower, from) {
            let found = glossary.spellings.iter().find(|(spelling, _)| is_word_at(&lower, start, spelling));
            from = start + found.map_or_else(|| word_length(&lower[start..]), |(spelling, _)| spelling.len());
            if let Some((_, place)) = found.filter(|(_, place)| self.linked.insert(*place)) {
                links.push(TextLink {
                    covers: start..from,
                    address: format!("{ADDRESS}#{}", glossary.terms[*place].slug),
                });
            }
        }
        links
    }
}

/// Where the next word begins, from this byte on.
fn next_word(text: &str, from: usize) -> Option<usize> {
    text[from..].find(|c: char| c.is_alphanumeric()).map(|offset| from + offset)
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// Whether `words` begins at this byte and ends where a word ends.
fn is_word_at(text: &str, start: usize, words: &str) -> bool {
    text[start..].strip_prefix(words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: TextFile = TextFile {
        path: "glossary.md",
        text: "---\ntitle: Glossary\n---\n\nTerms.\n\n## Key\n\nAlso: keys\n\nIt signs.\n\n## Public key\n\nIt verifies.\n",
    };

    fn linked(texts: &[&str]) -> Vec<Vec<(String, String)>> {
        let glossary = Glossary::read(TEXT).unwrap();
        let mut uses = FirstUses::default();
        let of = |text: &&str| {
            let links = uses.links(&glossary, text);
            links.into_iter().map(|link| (text[link.covers].to_owned(), link.address)).collect()
        };
        texts.iter().map(of).collect()
    }

    #[test]
    fn a_term_is_linked_at_its_first_use_alone() {
        let found = linked(&["Keys open. A key too.", "The key."]);
        assert_eq!(found, [vec![("Keys".to_owned(), "/lab/glossary#key".to_owned())], Vec::new()]);
    }

    #[test]
    fn the_longest_spelling_counts_and_part_of_a_word_does_not() {
        let found = linked(&["A monkey has a public key – and keyboards.", "Größe: public keys"]);
        assert_eq!(found[0], [("public key".to_owned(), "/lab/glossary#public-key".to_owned())]);
        assert_eq!(found[1], [("keys".to_owned(), "/lab/glossary#key".to_owned())]);
    }

    #[test]
    fn a_term_without_a_meaning_is_named_with_its_line() {
        let text = TextFile { text: "---\ntitle: a\n---\n\nb\n\n## Key\n\nAlso: keys\n", ..TEXT };
        let said = Glossary::read(text).err().map(|error| error.to_string());
        assert_eq!(said.as_deref(), Some("glossary.md:8: a term has one paragraph that says what it means"));
    }

    #[test]
    fn no_two_terms_share_a_spelling_or_an_address() {
        let slugs: HashSet<_> = GLOSSARY.terms.iter().map(|term| &term.slug).collect();
        let spellings: HashSet<_> = GLOSSARY.spellings.iter().map(|(spelling, _)| spelling).collect();
        assert_eq!((slugs.len(), spellings.len()), (GLOSSARY.terms.len(), GLOSSARY.spellings.len()));
    }
}
