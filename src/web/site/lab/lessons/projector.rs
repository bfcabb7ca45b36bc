//! The projector view of a lesson: large type, and one section at a time.
//!
//! It is the lesson's own page with `view=projector` in its address. The stylesheet hides the other sections, so what
//! is pressed works as it does elsewhere. The lesson's forms are sent to an address with the view, and a redirect to
//! the lesson's page keeps it.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use url::form_urlencoded;

/// A section that is shown alone: the id of its heading, and the heading.
struct Step {
    id: &'static str,
    title: &'static str,
}

const STEPS: [Step; 7] = [
    Step { id: "scenario", title: "Scenario" },
    Step { id: "background", title: "Background" },
    Step { id: "prediction", title: "Your prediction" },
    Step { id: "do", title: "Do it" },
    Step { id: "why", title: "Why" },
    Step { id: "code", title: "In your code" },
    Step { id: "sources", title: "Sources" },
];

/// Where the place of a step is *Do it*, which also shows the verdict.
const DO: usize = 3;

/// The view, at one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Projector {
    place: usize,
}

impl Projector {
    /// The view that a request asks for. `is_answer` says that the response is about something that was pressed.
    pub fn of(request: &HttpRequest, is_answer: bool) -> Option<Self> {
        let query = request.query_string();
        Self::named(&parameter(query, "view")?, query, is_answer)
    }

    /// Adds the view that a request asks for to a redirect to the page that the request was for.
    pub fn keep(request: &HttpRequest, response: &mut HttpResponse) {
        let Some(view) = Self::of(request, true) else { return };
        let address = response.headers().get(header::LOCATION).and_then(|address| address.to_str().ok());
        let kept = address.and_then(|address| view.added_to(address, request.path()));
        if let Some(Ok(kept)) = kept.map(HeaderValue::try_from) {
            response.headers_mut().insert(header::LOCATION, kept);
        }
    }

    /// The address in this view, if it is one of this page.
    fn added_to(self, address: &str, page: &str) -> Option<String> {
        let (before, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (path, query) = before.split_once('?').unwrap_or((before, ""));
        let rest = if query.is_empty() { String::new() } else { format!("&{query}") };
        (path == page).then(|| format!("{path}{}{rest}#{fragment}", self.query()))
    }

    fn named(view: &str, query: &str, is_answer: bool) -> Option<Self> {
        let asked = parameter(query, "at").and_then(|number| number.parse::<usize>().ok());
        let place = asked.and_then(|number| number.checked_sub(1)).filter(|place| *place < STEPS.len());
        (view == "projector").then_some(Self { place: if is_answer { DO } else { place.unwrap_or(0) } })
    }

    /// What the address of a page or of a form has for it.
    pub fn query(self) -> String {
        format!("?view=projector&at={}", self.number())
    }

    /// What the stylesheet goes by.
    pub fn classes(self) -> String {
        format!("projector at-{}", STEPS[self.place].id)
    }

    const fn number(self) -> usize {
        self.place + 1
    }

    /// Which step it is, in words.
    pub fn position(self) -> String {
        format!("Step {} of {}", self.number(), STEPS.len())
    }

    pub const fn title(self) -> &'static str {
        STEPS[self.place].title
    }

    /// The addresses of the steps before and after, each with its title.
    pub fn before(self) -> Option<(String, &'static str)> {
        Some(Self { place: self.place.checked_sub(1)? }.link())
    }

    pub fn after(self) -> Option<(String, &'static str)> {
        let next = Self { place: self.place + 1 };
        (next.place < STEPS.len()).then(|| next.link())
    }

    fn link(self) -> (String, &'static str) {
        (self.query(), self.title())
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn view(address: &str) -> Option<Projector> {
        Projector::of(&TestRequest::with_uri(address).to_http_request(), false)
    }

    #[test]
    fn the_address_names_the_view_and_its_step() {
        for (query, place) in [("?view=projector", 0), ("?view=projector&at=4", 3), ("?view=projector&at=7", 6)] {
            assert_eq!(view(&format!("/lab/lessons/none{query}")), Some(Projector { place }));
        }
        for (query, place) in [("&at=0", 0), ("&at=8", 0), ("&at=x", 0)] {
            assert_eq!(view(&format!("/lab/lessons/none?view=projector{query}")), Some(Projector { place }));
        }
        assert_eq!((view("/lab/lessons/none?view=page"), view("/lab/lessons/none")), (None, None));
    }

    #[test]
    fn an_answer_is_shown_at_the_step_of_the_task_and_a_redirect_to_the_page_stays_in_the_view() {
        let request = TestRequest::with_uri("/lab/lessons/none?view=projector&at=3").to_http_request();
        assert_eq!(Projector::of(&request, true).map(Projector::number), Some(4));
        for (address, kept) in [
            ("/lab/lessons/none#do", "/lab/lessons/none?view=projector&at=4#do"),
            ("/lab/lessons/none?a=b#do", "/lab/lessons/none?view=projector&at=4&a=b#do"),
            ("/lab/lessons/tamper?a=b#do", "/lab/lessons/tamper?a=b#do"),
        ] {
            let mut response = HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish();
            Projector::keep(&request, &mut response);
            assert_eq!(response.headers().get(header::LOCATION).unwrap(), kept);
        }
    }

    #[test]
    fn each_step_leads_to_the_one_before_and_the_one_after() {
        let first = Projector { place: 0 };
        assert_eq!((first.position().as_str(), first.before()), ("Step 1 of 7", None));
        assert_eq!(first.after(), Some(("?view=projector&at=2".to_owned(), "Background")));
        let last = Projector { place: 6 };
        assert_eq!(last.before(), Some(("?view=projector&at=6".to_owned(), "In your code")));
        assert_eq!((last.after(), last.classes().as_str()), (None, "projector at-sources"));
    }
}
