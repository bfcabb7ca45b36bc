//! A page for each tutorial: what it mirrors, what was wrong with the original, and what is done here instead.

mod texts;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::keys::CurrentKeys;
use crate::web::http::endpoint::common::{FAULT, HTML};
use crate::web::http::endpoint::{
    Access, Answer, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
pub(in crate::web) use texts::TUTORIALS;

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
                    kind: Kind::OneOf(&["demo", "twilio", "zoom", "rest-api", "telesign"]),
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
    pub mirrors: &'static str,
    pub differences: &'static [Difference],
    pub steps: &'static [Step],
}

/// Something that the original does, and what stands here in its place.
pub(in crate::web) struct Difference {
    pub original: &'static str,
    pub here: &'static str,
}

/// A command to try, with `{base}` where the server's address goes, and what it answers.
pub(in crate::web) struct Step {
    pub says: &'static str,
    pub command: &'static str,
    pub answer: &'static str,
}

impl Step {
    /// The command for a server at `base`.
    pub fn command_at(&self, base: &str) -> String {
        self.command.replace("{base}", base)
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
    render(&IndexPage { assets: &assets, tutorials: TUTORIALS })
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
