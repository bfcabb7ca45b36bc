//! The mistake of a lesson and its fix, as code in three languages, and published weaknesses of the same kind.
//!
//! The code is in `templates/lab/lessons/<slug>/code`, in files that the tests run against the real libraries: the
//! mistake must accept the forgery, and the fix must refuse it.

use crate::lab::glossary::FirstUses;
use crate::texts::{Document, Passage, Prose, SourceCode, TextError, TextFile};

/// What a lesson shows of code.
pub struct LessonCode {
    /// What the mistake is, and what the fix does.
    pub says: Prose,
    pub snippets: Vec<Snippet>,
}

/// The mistake and the fix in one language.
pub struct Snippet {
    pub language: &'static str,
    /// The library that the code uses, such as `PyJWT`.
    pub library: &'static str,
    pub mistake: SourceCode,
    pub fix: SourceCode,
}

/// The files of one language.
#[derive(Clone, Copy)]
pub(super) struct Files {
    pub language: &'static str,
    /// The field of the lesson's text that names the library.
    pub field: &'static str,
    pub mistake: TextFile,
    pub fix: TextFile,
}

/// The files of the lesson with this slug.
macro_rules! files {
    ($slug:literal) => {
        [
            code::files!($slug, "Python", "python", ".py"),
            code::files!($slug, "Node", "node", ".mjs"),
            code::files!($slug, "Rust", "rust", ".rs"),
        ]
    };
    ($slug:literal, $language:literal, $field:literal, $ending:literal) => {
        code::Files {
            language: $language,
            field: $field,
            mistake: text_file!("templates/lab/lessons/", $slug, "/code/mistake", $ending),
            fix: text_file!("templates/lab/lessons/", $slug, "/code/fix", $ending),
        }
    };
}

pub(super) use files;

impl LessonCode {
    pub(super) fn read(text: &mut Document, files: &[Files], uses: &mut FirstUses) -> Result<Self, TextError> {
        let says = uses.link(&text.section("In your code")?.prose()?);
        let snippet = |files: &Files| {
            let library = text.field(files.field)?;
            let [mistake, fix] = [files.mistake, files.fix].map(|file| SourceCode::new(file.text.trim_end()));
            Ok(Snippet { language: files.language, library, mistake, fix })
        };
        Ok(Self { says, snippets: files.iter().map(snippet).collect::<Result<_, _>>()? })
    }
}

/// A published weakness.
pub struct Cve {
    pub id: &'static str,
    /// The product that had it.
    pub product: String,
    /// When it was published, such as `August 2015`.
    pub published: String,
    pub says: Prose,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Cve {
    /// An item such as ``- `CVE-2015-9235`: jsonwebtoken for Node, May 2018. What was wrong.``, over two paragraphs:
    /// the first has id, product and date, the second the sentence.
    pub(in crate::lab) fn read(item: &Passage) -> Result<Self, TextError> {
        let [first, says] = &item.paragraphs()[..] else {
            return Err(item.error("a CVE has two paragraphs: which product and when, and what was wrong"));
        };
        let (id, rest) = first.labelled()?;
        let words = rest.words();
        let parts = words.trim_end_matches('.').rsplit_once(", ").filter(|(_, date)| is_month(date));
        let (product, published) =
            parts.ok_or_else(|| first.error("a CVE names its product, and then its month and year after a comma"))?;
        Ok(Self { id, product: product.to_owned(), published: published.to_owned(), says: says.paragraph()? })
    }

    /// The address of its entry.
    pub fn address(&self) -> String {
        format!("https://www.cve.org/CVERecord?id={}", self.id)
    }
}

fn is_month(date: &str) -> bool {
    date.split_once(' ').is_some_and(|(month, year)| {
        MONTHS.contains(&month) && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
    })
}
