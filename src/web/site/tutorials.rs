//! A page for each tutorial: what it mirrors, what was wrong with the original, and what is done here instead. The
//! words of a page are in `templates/tutorials/<profile>.md`.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::keys::CurrentKeys;
use crate::texts::{Passage, Prose, TextError, TextFile, must_read, text_file};
use crate::web::http::endpoint::common::{FAULT, HTML};
use crate::web::http::endpoint::{
    Access, Answer, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::command::in_lines;
use crate::web::view::page::render;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/tutorials",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(index),
            Description {
                id: "tutorials",
                summary: "The tutorials that are mirrored here",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/tutorials",
            },
        )],
    ),
    Endpoint::new(
        "/tutorials/{profile}",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(tutorial),
            Description {
                id: "tutorial",
                summary: "One tutorial: what it does, and what is done otherwise here",
                access: Access::Anybody,
                parameters: &[Parameter {
                    place: Place::Path,
                    name: "profile",
                    kind: Kind::OneOf(PROFILES),
                    says: "The tutorial.",
                    example: "twilio",
                }],
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    Answer::refusal(404, "There is no such tutorial."),
                    FAULT,
                ],
                curl: "curl -s {base}/tutorials/twilio",
            },
        )],
    ),
];

/// One tutorial as its page tells it.
pub(in crate::web) struct Tutorial {
    /// The last part of its address: the name of its profile.
    pub profile: &'static str,
    pub title: &'static str,
    /// What the program of the tutorial does, in a sentence or two.
    pub mirrors: Prose,
    pub differences: Vec<Difference>,
    pub steps: Vec<Step>,
}

/// Something that the original does, and what this server does instead.
pub(in crate::web) struct Difference {
    pub original: Prose,
    pub here: Prose,
}

/// A command to try, with `{base}` where the server's address goes, and what it answers.
pub(in crate::web) struct Step {
    pub says: Prose,
    pub command: String,
    pub answer: String,
}

/// The tutorials in the order of the site, by the profiles whose tokens they issue. A tutorial without a text does not
/// compile.
macro_rules! tutorials {
    ($($profile:literal),+) => {
        const PROFILES: &[&str] = &[$($profile),+];
        const TEXTS: &[TextFile] = &[$(text_file!("templates/tutorials/", $profile, ".md")),+];
    };
}

tutorials!("demo", "twilio", "zoom", "rest-api", "telesign");

/// The tutorials, in the order of the site.
pub(in crate::web) static TUTORIALS: LazyLock<Vec<Tutorial>> =
    LazyLock::new(|| must_read(TEXTS.iter().map(|text| Tutorial::read(*text)).collect()));

impl Tutorial {
    fn read(file: TextFile) -> Result<Self, TextError> {
        let mut text = file.read()?;
        let tutorial = Self {
            profile: file.name(),
            title: text.field("title")?,
            mirrors: text.lead()?.paragraph()?,
            steps: text.section("Steps")?.items()?.iter().map(Step::read).collect::<Result<_, _>>()?,
            differences: text
                .section("Differences")?
                .items()?
                .iter()
                .map(Difference::read)
                .collect::<Result<_, _>>()?,
        };
        text.finish()?;
        Ok(tutorial)
    }
}

impl Difference {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let [original, here] = &item.paragraphs()[..] else {
            return Err(
                item.error("a difference has two paragraphs: what the original does, and what this server does")
            );
        };
        Ok(Self { original: original.paragraph()?, here: here.paragraph()? })
    }
}

impl Step {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let [says, command, answer] = &item.paragraphs()[..] else {
            return Err(item.error("a step has a paragraph and two blocks of code: a command, and what it answers"));
        };
        Ok(Self { says: says.paragraph()?, command: command.code()?, answer: answer.code()? })
    }

    /// The command for a server at `base`.
    pub fn command_at(&self, base: &str) -> String {
        in_lines(&self.command.replace("{base}", base))
    }
}

#[derive(Template)]
#[template(path = "tutorials.html")]
struct IndexPage<'a> {
    assets: &'a Assets,
    tutorials: &'static [Tutorial],
}

/// `GET /tutorials`.
pub(in crate::web) async fn index(assets: Data<Assets>) -> Result<HttpResponse, Problem> {
    render(&IndexPage { assets: &assets, tutorials: &TUTORIALS })
}

#[derive(Template)]
#[template(path = "tutorial.html")]
struct TutorialPage<'a> {
    assets: &'a Assets,
    tutorial: &'static Tutorial,
    base: &'a str,
    made_up: bool,
}

/// `GET /tutorials/{profile}`.
pub(in crate::web) async fn tutorial(
    profile: Path<String>,
    assets: Data<Assets>,
    keys: Data<CurrentKeys>,
    origins: Data<Origins>,
) -> Result<HttpResponse, Problem> {
    let tutorial = TUTORIALS.iter().find(|it| it.profile == profile.as_str()).ok_or_else(Problem::not_found)?;
    let ring = keys.ring();
    let made_up = ring.accounts().generated_for.iter().any(|service| service.eq_ignore_ascii_case(tutorial.profile));
    render(&TutorialPage { assets: &assets, tutorial, base: origins.public_origin(), made_up })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reading of a tutorial whose text is that of the demo's with one change.
    fn read_changed(from: &str, to: &str) -> String {
        let text = TEXTS[0].text;
        assert!(text.contains(from), "{from}");
        let text = Box::leak(text.replacen(from, to, 1).into_boxed_str());
        let read = Tutorial::read(TextFile { path: "demo.md", text });
        read.err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn every_tutorial_can_be_read() {
        for text in TEXTS {
            assert_eq!(Tutorial::read(*text).err(), None);
        }
    }

    #[test]
    fn a_part_that_is_missing_is_named_with_its_file_and_line() {
        for (from, to, named) in [
            ("title: ", "name: ", "demo.md:1: there is no field `title`"),
            ("A page with two links.", "\n\nA page.\n\nTwo links.", "demo.md:4: there must be one paragraph"),
            ("## Steps", "## Step", "there is no section `## Steps`"),
            ("## Differences", "## Difference", "there is no section `## Differences`"),
            ("  ```\n\n  ```\n", "", "demo.md:11: a step has a paragraph and two blocks of code"),
            ("  ```\n  302", "  302", "demo.md:17: there must be a block of code here"),
            ("\n\n  All text", " All text", "demo.md:33: a difference has two paragraphs"),
        ] {
            let said = read_changed(from, to);
            assert!(said.contains(named), "{from}: {said}");
        }
        assert_eq!(read_changed("title", "title"), "");
    }
}
