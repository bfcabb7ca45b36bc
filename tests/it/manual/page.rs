//! A page of the manual, as far as tests read it: its blocks, its links and its headings.

use std::fs;
use std::path::{Path, PathBuf};

/// A Markdown file.
pub struct Page {
    /// From the top of the checkout.
    pub path: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    pub language: String,
    pub text: String,
    /// The `text` block right after it: what it prints.
    pub printed: Option<String>,
}

impl Block {
    pub fn starts_a_server(&self) -> bool {
        self.text.starts_with("# terminal 1\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    pub fn read(path: &str) -> Self {
        Self { path: path.to_owned(), text: fs::read_to_string(root().join(path)).unwrap() }
    }

    pub fn at(path: &Path) -> Self {
        Self::read(path.to_str().unwrap())
    }

    /// The pages in `docs`.
    pub fn manual() -> Vec<Self> {
        let paths = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let pages = paths.filter(|path| path.extension().is_some_and(|it| it == "md"));
        pages.map(|path| Self::read(path.strip_prefix(root()).unwrap().to_str().unwrap())).collect()
    }

    /// Everything that people read beside the code.
    pub fn all() -> Vec<Self> {
        let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "keys/README.md"].map(Self::read);
        Self::manual().into_iter().chain(others).collect()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut lines = self.text.lines().peekable();
        // How many lines lie between the last block and this line.
        let mut apart = usize::MAX;
        while let Some(line) = lines.next() {
            let Some(language) = line.strip_prefix("```") else {
                apart = apart.saturating_add(1);
                continue;
            };
            let body = lines.by_ref().take_while(|line| *line != "```");
            let text: String = body.flat_map(|line| [line, "\n"]).collect();
            match blocks.last_mut() {
                Some(before) if language == "text" && apart == 1 => before.printed = Some(text),
                _ => blocks.push(Block { language: language.to_owned(), text, printed: None }),
            }
            apart = 0;
        }
        blocks
    }

    /// The blocks that a reader pastes into a terminal.
    pub fn commands(&self) -> impl Iterator<Item = Block> {
        self.blocks().into_iter().filter(|block| block.language == "sh")
    }

    /// The text without its blocks.
    pub fn prose(&self) -> String {
        let parts = self.text.split("\n```").step_by(2);
        parts.map(|part| part.trim_start_matches('\n')).collect::<Vec<_>>().join("\n")
    }

    /// Where its links lead that stay within the checkout.
    pub fn links(&self) -> impl Iterator<Item = String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
        targets.filter(|target| !target.contains("://")).collect::<Vec<_>>().into_iter()
    }

    /// The file that this page calls so, from the top of the checkout; the page itself when the name is empty.
    pub fn beside(&self, file: &str) -> PathBuf {
        let path = Path::new(&self.path);
        let path = if file.is_empty() { path.to_owned() } else { path.with_file_name(file) };
        root().join(path).canonicalize().unwrap_or_else(|_| panic!("{} links to {file}, which is not there", self.path))
    }

    /// The names of its headings in links, as code hosts make them.
    pub fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let titles = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
        let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        titles
            .map(|title| title.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-"))
            .collect()
    }
}

/// Whether this is what was to be printed, where `…` stands for any text within a line.
pub fn fits(expected: &str, printed: &str) -> bool {
    let (expected, printed) = (expected.trim_end(), printed.trim_end());
    expected.lines().count() == printed.lines().count()
        && expected.lines().zip(printed.lines()).all(|(expected, printed)| line_fits(expected, printed))
}

fn line_fits(expected: &str, printed: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return expected == printed };
    let Some(left) = printed.strip_prefix(start) else { return false };
    left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| line_fits(rest, &left[at..]))
}

#[test]
fn an_ellipsis_stands_for_any_text_within_a_line() {
    for (expected, printed) in [("a…d", "abcd"), ("a…", "a"), ("…\nb", "x y\nb"), ("", ""), ("a…b…c", "a1b2bc")]
    {
        assert!(fits(expected, printed), "{expected} {printed}");
    }
    for (expected, printed) in [("a…d", "abc"), ("a", "ab"), ("…", "a\nb"), ("a…b…c", "acb"), ("", "a")] {
        assert!(!fits(expected, printed), "{expected} {printed}");
    }
}
