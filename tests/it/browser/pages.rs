//! Every kind of page that the site shows, and how a visitor gets there.

use serde_json::json;
use thirtyfour::prelude::*;

use super::visit::Visit;

#[derive(Clone, Copy, Debug)]
pub enum Page {
    Empty,
    Accepted,
    Expired,
    OtherAlgorithm,
    Rs256WithDetails,
    StaleSession,
    NotFound,
    BadRequest,
    DuplicateCookie,
    Tutorials,
    Tutorial,
    Docs,
}

impl Page {
    pub const ALL: [Self; 12] = [
        Self::Empty,
        Self::Accepted,
        Self::Expired,
        Self::OtherAlgorithm,
        Self::Rs256WithDetails,
        Self::StaleSession,
        Self::NotFound,
        Self::BadRequest,
        Self::DuplicateCookie,
        Self::Tutorials,
        Self::Tutorial,
        Self::Docs,
    ];

    /// What the page says that no other does.
    const fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => (".result", "None"),
            Self::Accepted => (".result", "bob"),
            Self::Expired => (".trace .failed", "expired"),
            Self::OtherAlgorithm => (".trace .failed", "issued under another algorithm"),
            Self::Rs256WithDetails => ("details[open]", "Who can forge"),
            Self::StaleSession => (".note", "12 hours ago"),
            Self::NotFound => (".kicker", "404"),
            Self::BadRequest => (".kicker", "400 bad_request"),
            Self::DuplicateCookie => (".kicker", "400 duplicate_cookie"),
            Self::Tutorials => ("h1", "Tutorials"),
            Self::Tutorial => ("h1", "Zoom"),
            Self::Docs => ("h1", "API"),
        }
    }

    /// Goes there, as someone who was never here.
    pub async fn open(self, visit: &Visit) {
        visit.driver.cdp().send_raw("Network.clearBrowserCookies", json!({})).await.unwrap();
        self.go(visit).await;
        let (place, words) = self.mark();
        let said = visit.text(place).await;
        assert!(said.contains(words), "{self:?}: {said}");
    }

    async fn go(self, visit: &Visit) {
        match self {
            Self::Empty => visit.open("/").await,
            Self::Accepted => {
                visit.open("/generate").await;
                visit.follow("Show details").await;
            }
            Self::Expired => {
                visit.open("/generate").await;
                visit.app.advance(60);
                visit.follow("Show details").await;
            }
            Self::OtherAlgorithm => {
                visit.open("/generate").await;
                visit.choose("RS256").await;
                visit.follow("Show details").await;
            }
            Self::Rs256WithDetails => {
                visit.open("/").await;
                visit.choose("RS256").await;
                visit.open("/generate").await;
                visit.driver.find(By::Css("summary")).await.unwrap().click().await.unwrap();
            }
            Self::StaleSession => {
                visit.open("/generate").await;
                visit.app.advance(12 * 3600);
                visit.open("/").await;
            }
            Self::NotFound => visit.open("/no/such/page").await,
            Self::BadRequest => visit.open("/generate?ttl=0").await,
            Self::DuplicateCookie => visit.open_with_two_cookies().await,
            Self::Tutorials => visit.open("/tutorials").await,
            Self::Tutorial => visit.open("/tutorials/zoom").await,
            Self::Docs => visit.open("/docs").await,
        }
    }
}

impl Visit {
    /// A second cookie of the session's name, as another program on this host could plant it.
    pub async fn open_with_two_cookies(&self) {
        self.open("/generate").await;
        let mut planted = Cookie::new("hallpass", "planted");
        planted.set_path("/bob");
        self.driver.add_cookie(planted).await.unwrap();
        self.open("/bob").await;
    }
}
