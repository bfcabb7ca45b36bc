//! The projector view of a lesson: large type, and one section at a time.
//!
//! It is the lesson's own page with `view=projector` in its address. The stylesheet hides the other sections, so what
//! is pressed works as it does elsewhere. A form of the page does not send the view, so it is read off the address that
//! the form was on, which the browser names in `Referer`.

use actix_web::HttpRequest;
use actix_web::http::header;
use url::{Url, form_urlencoded};

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
        let own = request.query_string();
        if let Some(view) = parameter(own, "view") {
            return Self::named(&view, own, is_answer);
        }
        let before = page_before(request)?;
        Self::named(&parameter(&before, "view")?, &before, is_answer)
    }

    fn named(view: &str, query: &str, is_answer: bool) -> Option<Self> {
        let asked = parameter(query, "at").and_then(|number| number.parse::<usize>().ok());
        let place = asked.and_then(|number| number.checked_sub(1)).filter(|place| *place < STEPS.len());
        (view == "projector").then_some(Self { place: if is_answer { DO } else { place.unwrap_or(0) } })
    }

    /// The query of the step at which the task is done.
    pub fn task() -> String {
        Self { place: DO }.query()
    }

    fn query(self) -> String {
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

/// The query of the page of this same lesson from which the browser came.
fn page_before(request: &HttpRequest) -> Option<String> {
    let referer = request.headers().get(header::REFERER)?.to_str().ok()?;
    let url = Url::parse(referer).ok().filter(|url| url.path() == request.path())?;
    url.query().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn view(address: &str, referer: &str) -> Option<Projector> {
        let request = TestRequest::with_uri(address).insert_header((header::REFERER, referer)).to_http_request();
        Projector::of(&request, false)
    }

    #[test]
    fn the_address_names_the_view_and_its_step() {
        for (query, place) in [("?view=projector", 0), ("?view=projector&at=4", 3), ("?view=projector&at=7", 6)] {
            assert_eq!(view(&format!("/lab/lessons/none{query}"), ""), Some(Projector { place }));
        }
        for (query, place) in [("&at=0", 0), ("&at=8", 0), ("&at=x", 0)] {
            assert_eq!(view(&format!("/lab/lessons/none?view=projector{query}"), ""), Some(Projector { place }));
        }
        assert_eq!(view("/lab/lessons/none?view=page", "http://a/lab/lessons/none?view=projector"), None);
        assert_eq!(view("/lab/lessons/none", ""), None);
    }

    #[test]
    fn what_a_form_of_the_view_answers_is_shown_in_it() {
        let before = "http://127.0.0.1/lab/lessons/none?view=projector&at=4";
        assert_eq!(view("/lab/lessons/none", before), Some(Projector { place: 3 }));
        assert_eq!(view("/lab/lessons/tamper", before), None, "the next lesson begins on its whole page");
        let request = TestRequest::with_uri("/lab/lessons/none").insert_header((header::REFERER, before));
        assert_eq!(Projector::of(&request.to_http_request(), true).map(Projector::number), Some(4));
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
