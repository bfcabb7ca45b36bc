//! The folded parts of the home page: what the choice of algorithm means, and a curl line for each endpoint.
//!
//! They are the same for everybody, so they are rendered once; the sizes are those under the keys of that moment.

use std::sync::OnceLock;

use actix_web::web::Data;
use askama::Template;
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::keys::{CurrentKeys, KeyRing};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::web::http::origins::Origins;
use crate::web::site::tutorials::{TUTORIALS, Tutorial};

/// These parts as HTML.
pub(in crate::web) struct HomeDetails {
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    origins: Data<Origins>,
    html: OnceLock<String>,
}

impl HomeDetails {
    pub const fn new(keys: Data<CurrentKeys>, clock: Data<dyn Clock>, origins: Data<Origins>) -> Self {
        Self { keys, clock, origins, html: OnceLock::new() }
    }

    /// Rendered on first use.
    pub fn html(&self) -> &str {
        self.html.get_or_init(|| render(&self.keys.ring(), self.clock.now(), self.origins.public_origin()))
    }
}

#[expect(clippy::expect_used, reason = "only a value that cannot be written fails, and these are texts and numbers")]
fn render(ring: &KeyRing, now: DateTime<Utc>, base: &str) -> String {
    let parts = DetailsTemplate { sizes: TokenSizes::measure(ring, now), tutorials: &TUTORIALS, base };
    parts.render().expect("texts and numbers are written")
}

#[derive(Template)]
#[template(path = "_details.html")]
struct DetailsTemplate<'a> {
    sizes: TokenSizes,
    tutorials: &'static [Tutorial],
    base: &'a str,
}

impl DetailsTemplate<'_> {
    fn size_of(size: Option<usize>) -> String {
        size.map_or_else(
            || "not signed here: the private key is elsewhere".to_owned(),
            |bytes| format!("{bytes} bytes"),
        )
    }
}

/// How long the tutorial's own token is under each algorithm, in bytes; `None` where it cannot be signed.
struct TokenSizes {
    hs256: Option<usize>,
    rs256: Option<usize>,
}

impl TokenSizes {
    fn measure(ring: &KeyRing, now: DateTime<Utc>) -> Self {
        let size = |algorithm| {
            let token = demo::issue(ring, algorithm, &Subject::default(), Lifetime::default(), now);
            token.ok().map(|token| token.as_str().len())
        };
        Self { hs256: size(DemoAlgorithm::HS256), rs256: size(DemoAlgorithm::RS256) }
    }
}
