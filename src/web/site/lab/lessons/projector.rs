//! The projector view of a lesson: large type, and one step at a time.
//!
//! It is the lesson's own page with `view=projector` in its address. The stylesheet hides the other sections, so what
//! is pressed works as it does elsewhere. The numbered steps of *Do it* are one step each. They are switched by
//! fragments, so that what was typed in one of them is still there in the next.
//!
//! The lesson's forms are sent to an address with the view, and a redirect to the lesson's page keeps it. Other
//! addresses, such as the issuer of a lesson, know nothing of the view: a cookie of the lesson remembers it for the way
//! back.

use actix_web::body::MessageBody as _;
use actix_web::cookie::time::Duration;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use url::form_urlencoded;

use super::{LessonVisit, lesson_cookies};
use crate::lab::lessons::Lesson;
use crate::web::http::problem::Problem;

/// The cookie that remembers the step, for the pages of one lesson.
const COOKIE: &str = "hallpass-view";

/// Where the template leaves room for the links to the steps before and after.
const TOP: &str = "<template data-steps=\"top\"></template>";
const END: &str = "<template data-steps=\"end\"></template>";

/// More steps than any lesson has.
const MOST_STEPS: usize = 20;

/// A step of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Section(&'static Section),
    /// A numbered step of *Do it*, which also shows the verdict.
    Task(usize),
}

/// What is shown alone: a name, which the stylesheet goes by, and its title. For most it is a section, named by the id
/// of its heading.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    id: &'static str,
    title: &'static str,
}

static BEFORE: [Section; 3] = [
    Section { id: "scenario", title: "Scenario" },
    Section { id: "background", title: "Background" },
    Section { id: "prediction", title: "Your prediction" },
];

/// Each piece of code is a step of its own: it is read from the back of the room.
static AFTER: [Section; 9] = [
    Section { id: "why", title: "Why" },
    Section { id: "code", title: "In your code" },
    Section { id: "code-python-mistake", title: "Python: the mistake" },
    Section { id: "code-python-fix", title: "Python: the fix" },
    Section { id: "code-node-mistake", title: "Node: the mistake" },
    Section { id: "code-node-fix", title: "Node: the fix" },
    Section { id: "code-rust-mistake", title: "Rust: the mistake" },
    Section { id: "code-rust-fix", title: "Rust: the fix" },
    Section { id: "sources", title: "Sources" },
];

impl Stop {
    fn parse(text: &str) -> Option<Self> {
        if let Some(number) = text.strip_prefix("do-") {
            return number.parse().ok().filter(|number| (1..=MOST_STEPS).contains(number)).map(Self::Task);
        }
        BEFORE.iter().chain(&AFTER).find(|section| section.id == text).map(Self::Section)
    }

    fn name(self) -> String {
        match self {
            Self::Section(section) => section.id.to_owned(),
            Self::Task(number) => format!("do-{number}"),
        }
    }

    fn title(self) -> String {
        match self {
            Self::Section(section) => section.title.to_owned(),
            Self::Task(number) => format!("Do it, {number}"),
        }
    }
}

/// The view, at one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Projector {
    stop: Stop,
}

impl Projector {
    /// The view that a request asks for. What was pressed is answered at the step of the task in which it was.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let asked = Self::asked(request)?;
        Some(if request.method() == Method::POST { asked.at_the_task() } else { asked })
    }

    fn asked(request: &HttpRequest) -> Option<Self> {
        let query = request.query_string();
        match parameter(query, "view") {
            Some(view) => (view == "projector").then(|| Self::at(&parameter(query, "at").unwrap_or_default())),
            // An address without fields is the whole page. One with fields comes from somewhere in the lesson.
            None if !query.is_empty() => Self::remembered(request).map(Self::at_the_task),
            None => None,
        }
    }

    fn at(name: &str) -> Self {
        Self { stop: Stop::parse(name).unwrap_or(Stop::Section(&BEFORE[0])) }
    }

    const fn at_the_task(self) -> Self {
        match self.stop {
            Stop::Task(_) => self,
            Stop::Section(_) => Self { stop: Stop::Task(1) },
        }
    }

    /// The view that this browser had last in this lesson.
    pub fn remembered(request: &HttpRequest) -> Option<Self> {
        request.cookie(COOKIE).map(|cookie| Self::at(cookie.value()))
    }

    /// Remembers the view, or that there is none.
    fn remember(view: Option<Self>, visit: &LessonVisit<'_>, response: &mut HttpResponse) -> Result<(), Problem> {
        if view.is_none() && visit.request.cookie(COOKIE).is_none() {
            return Ok(());
        }
        let age = if view.is_some() { Duration::hours(1) } else { Duration::ZERO };
        let value = view.map(|view| view.stop.name()).unwrap_or_default();
        let cookie = lesson_cookies::of_lesson(visit, COOKIE, value, age);
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))
    }

    /// Makes the view of a lesson's page out of it: adds the view to a redirect to the page, and the steps to a page.
    pub fn show(visit: &LessonVisit<'_>, response: HttpResponse) -> Result<HttpResponse, Problem> {
        let view = Self::of(visit.request);
        let mut response = match view {
            Some(view) => view.with_steps(visit, response)?,
            None => response,
        };
        Self::remember(view, visit, &mut response)?;
        Self::keep(view, visit.lesson, &mut response);
        Ok(response)
    }

    /// Adds the view to a redirect to the lesson's page from an address that knows nothing of it.
    pub fn keep_remembered(lesson: &Lesson, request: &HttpRequest, response: &mut HttpResponse) {
        Self::keep(Self::remembered(request), lesson, response);
    }

    fn keep(view: Option<Self>, lesson: &Lesson, response: &mut HttpResponse) {
        let Some(view) = view.map(Self::at_the_task) else { return };
        let address = response.headers().get(header::LOCATION).and_then(|address| address.to_str().ok());
        let kept = address.and_then(|address| view.added_to(address, &format!("/lab/lessons/{}", lesson.slug)));
        if let Some(Ok(kept)) = kept.map(HeaderValue::try_from) {
            response.headers_mut().insert(header::LOCATION, kept);
        }
    }

    /// The address in this view, if it is one of this page without a view.
    fn added_to(self, address: &str, page: &str) -> Option<String> {
        let (before, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (path, query) = before.split_once('?').unwrap_or((before, ""));
        let rest = if query.is_empty() { String::new() } else { format!("&{query}") };
        let is_added = path == page && parameter(query, "view").is_none();
        is_added.then(|| format!("{path}{}{rest}#{fragment}", self.query()))
    }

    /// What the address of a page or of a form has for it.
    pub fn query(self) -> String {
        format!("?view=projector&at={}", self.stop.name())
    }

    /// What the stylesheet goes by.
    pub fn classes(self) -> String {
        let section = match self.stop {
            Stop::Task(_) => "do",
            Stop::Section(section) => section.id,
        };
        format!("projector at-{section}")
    }

    /// Puts the links between the steps into a page. What is no page of a lesson stays as it is.
    fn with_steps(self, visit: &LessonVisit<'_>, response: HttpResponse) -> Result<HttpResponse, Problem> {
        let (head, body) = response.into_parts();
        let page = match body.try_into_bytes() {
            Ok(bytes) => bytes,
            Err(body) => return Ok(head.set_body(body)),
        };
        let text = String::from_utf8_lossy(&page);
        let shown = if text.contains(TOP) { self.page(visit, &text)? } else { text.into_owned() };
        Ok(head.set_body(shown).map_into_boxed_body())
    }

    fn page(self, visit: &LessonVisit<'_>, page: &str) -> Result<String, Problem> {
        let tasks = Tasks::find(page);
        let course = Course {
            lesson: visit.lesson,
            next: visit.next_lesson(),
            stops: stops(tasks.as_ref().map_or(1, Tasks::count)),
            fragments: tasks.is_some(),
        };
        let place = course.place(self.stop);
        let is_task = matches!(self.stop, Stop::Task(_)) && tasks.is_some();
        let around = |label| if is_task { Ok(String::new()) } else { course.links(place, label) };
        let mut shown = match &tasks {
            Some(tasks) => tasks.with_links(page, &course, self)?,
            None => page.to_owned(),
        };
        shown = shown.replace(TOP, &around("Steps of the lesson")?);
        Ok(shown.replace(END, &around("Steps, at the end of this one")?))
    }
}

/// All steps, when *Do it* has so many.
fn stops(tasks: usize) -> Vec<Stop> {
    let before = BEFORE.iter().map(Stop::Section);
    before.chain((1..=tasks).map(Stop::Task)).chain(AFTER.iter().map(Stop::Section)).collect()
}

/// The steps of a lesson, as it is now.
struct Course {
    lesson: &'static Lesson,
    /// The one after it, unless there is none that is open.
    next: Option<&'static Lesson>,
    stops: Vec<Stop>,
    /// Whether the steps of the task are switched by fragments.
    fragments: bool,
}

impl Course {
    /// A step that is not there any more is the last of the task.
    fn place(&self, stop: Stop) -> usize {
        let last_task = self.stops.len() - AFTER.len() - 1;
        self.stops.iter().position(|it| *it == stop).unwrap_or(last_task)
    }

    /// The links of a step to the ones before and after.
    fn links(&self, place: usize, label: &str) -> Result<String, Problem> {
        let beside = |other: Option<usize>| {
            let other = *self.stops.get(other?)?;
            Some(Beside { address: self.address(self.stops[place], other), title: other.title() })
        };
        let before = beside(place.checked_sub(1));
        let after = beside(Some(place + 1));
        let position = format!("Step {} of {}", place + 1, self.stops.len());
        let links = StepLinks { label, position, title: self.stops[place].title(), before, after, next: self.next };
        links.render().map_err(|error| Problem::internal(&error))
    }

    /// The address of a step, on the page that shows another.
    fn address(&self, from: Stop, to: Stop) -> String {
        match (from, to) {
            (Stop::Task(_), Stop::Task(number)) if self.fragments => format!("#do-{number}"),
            _ => Projector { stop: to }.query(),
        }
    }
}

struct Beside {
    address: String,
    title: String,
}

#[derive(Template)]
#[template(path = "lab/_projector.html")]
struct StepLinks<'a> {
    label: &'a str,
    position: String,
    title: String,
    before: Option<Beside>,
    after: Option<Beside>,
    next: Option<&'static Lesson>,
}

/// The items of the list of steps of *Do it*: where each begins, and where the last one ends.
struct Tasks {
    starts: Vec<usize>,
    end: usize,
}

const ITEM: &str = "<li";

impl Tasks {
    /// Finds them between the heading and the hints. A lesson without such a list has one step there.
    fn find(page: &str) -> Option<Self> {
        let heading = page.find("<h2 id=\"do\">")?;
        let hints = heading + page[heading..].find("id=\"help\"")?;
        let list = ["<ol class=\"steps\">", "<ol class=\"todo\">"]
            .iter()
            .filter_map(|it| page[heading..hints].find(it))
            .min()?;
        Self::of(page, heading + list, hints)
    }

    /// The items of the list that begins here. Lists in it are stepped over.
    fn of(page: &str, list: usize, most: usize) -> Option<Self> {
        let (mut depth, mut starts, mut at) = (0_usize, Vec::new(), list);
        while let Some(found) = page[at..most].find('<') {
            let tag = at + found;
            let rest = &page[tag..most];
            match rest {
                _ if rest.starts_with("<ol") || rest.starts_with("<ul") => depth += 1,
                _ if rest.starts_with("</ol>") || rest.starts_with("</ul>") => depth = depth.saturating_sub(1),
                _ if rest.starts_with("<li>") || rest.starts_with("<li ") => starts.extend((depth == 1).then_some(tag)),
                _ => {}
            }
            if depth == 0 {
                return (!starts.is_empty()).then_some(Self { starts, end: tag });
            }
            at = tag + 1;
        }
        None
    }

    const fn count(&self) -> usize {
        self.starts.len()
    }

    /// The page, with the links of each step in its item, whose buttons lead back to it.
    fn with_links(&self, page: &str, course: &Course, view: Projector) -> Result<String, Problem> {
        let now = course.place(view.at_the_task().stop) + 1 - BEFORE.len();
        let mut shown = page[..self.starts[0]].to_owned();
        for (place, start) in self.starts.iter().enumerate() {
            let (number, end) = (place + 1, *self.starts.get(place + 1).unwrap_or(&self.end));
            let class = if number == now { " class=\"now\"" } else { "" };
            let links = course.links(BEFORE.len() + place, &format!("Steps around step {number} of the task"))?;
            let own = Projector { stop: Stop::Task(number) };
            let (tag, inner) = page[*start..end].split_once('>').unwrap_or((ITEM, ""));
            let item = format!("<li id=\"do-{number}\"{class}>{links}");
            shown += &item;
            shown += &own_place(tag);
            shown += &own.leading_back(inner, view, course.lesson);
        }
        Ok(shown + &page[self.end..])
    }
}

/// A place for the id that an item has in the lesson, because links lead to it.
fn own_place(tag: &str) -> String {
    let id = tag.split_once("id=\"").and_then(|(_, rest)| rest.split('"').next());
    id.map(|id| format!("<span id=\"{id}\"></span>")).unwrap_or_default()
}

impl Projector {
    /// The item of a step, whose forms and buttons lead back to it instead of to the step that was asked for.
    fn leading_back(self, item: &str, asked: Self, lesson: &Lesson) -> String {
        let page = format!("/lab/lessons/{}", lesson.slug);
        let escaped = |view: Self| format!("{page}{}#", view.query()).replace('&', "&#38;");
        let own = item.replace(&escaped(asked), &escaped(self));
        let action = format!(" formaction=\"{}verdict\"", escaped(self));
        let has_form = own.contains("<form ");
        let mut pieces = own.split("<button ");
        let mut shown = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let attributes = piece.split('>').next().unwrap_or_default();
            let is_of_work = !has_form || attributes.contains("form=\"work\"");
            let is_led = is_of_work && !attributes.contains("formaction=") && !attributes.contains("type=\"button\"");
            shown += "<button";
            shown += if is_led { &action } else { "" };
            shown += " ";
            shown += piece;
        }
        shown
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::cookie::Cookie;
    use actix_web::test::TestRequest;

    use super::*;

    fn view(address: &str) -> Option<String> {
        let request = TestRequest::with_uri(&format!("/lab/lessons/none{address}")).to_http_request();
        Projector::of(&request).map(|view| view.stop.name())
    }

    fn none() -> &'static Lesson {
        Lesson::find("none").unwrap()
    }

    #[test]
    fn the_address_names_the_view_and_its_step() {
        for (query, name) in [
            ("?view=projector", "scenario"),
            ("?view=projector&at=do-2", "do-2"),
            ("?view=projector&at=sources", "sources"),
            ("?view=projector&at=do-0", "scenario"),
            ("?view=projector&at=do-999999999999999999999", "scenario"),
            ("?view=projector&at=x", "scenario"),
        ] {
            assert_eq!(view(query).as_deref(), Some(name), "{query}");
        }
        assert_eq!((view("?view=page"), view(""), view("?a=b")), (None, None, None));
    }

    #[test]
    fn an_answer_is_shown_at_the_step_that_was_pressed_and_a_redirect_to_the_page_stays_in_the_view() {
        for (at, kept) in [("prediction", "do-1"), ("do-2", "do-2")] {
            let request = TestRequest::post().uri(&format!("/lab/lessons/none?view=projector&at={at}"));
            let view = Projector::of(&request.to_http_request());
            assert_eq!(view.map(|view| view.stop.name()).as_deref(), Some(kept));
            for (address, expected) in [
                ("/lab/lessons/none#do", format!("/lab/lessons/none?view=projector&at={kept}#do")),
                ("/lab/lessons/none?a=b#do", format!("/lab/lessons/none?view=projector&at={kept}&a=b#do")),
                ("/lab/lessons/none?view=page#do", "/lab/lessons/none?view=page#do".to_owned()),
                ("/lab/lessons/tamper?a=b#do", "/lab/lessons/tamper?a=b#do".to_owned()),
            ] {
                let mut response = HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish();
                Projector::keep(view, none(), &mut response);
                assert_eq!(response.headers().get(header::LOCATION).unwrap(), &expected);
            }
        }
    }

    #[test]
    fn the_way_back_from_another_address_is_remembered() {
        let cookie = Cookie::new(COOKIE, "do-3");
        let back = TestRequest::with_uri("/lab/lessons/none?code=x").cookie(cookie.clone()).to_http_request();
        assert_eq!(Projector::of(&back), Some(Projector { stop: Stop::Task(3) }));
        let whole = TestRequest::with_uri("/lab/lessons/none").cookie(cookie).to_http_request();
        assert_eq!(Projector::of(&whole), None);
    }

    const PAGE: &str = "<h2 id=\"do\">Do it</h2><form action=\"x\"><ol class=\"steps\"><li>one<ul><li>in</li></ul></li>\
                        <li class=\"x\" id=\"second\">two <button name=\"a\">A</button></li></ol></form><div id=\"help\"></div>";

    #[test]
    fn each_step_of_the_task_leads_to_the_ones_around_it_and_its_buttons_lead_back_to_it() {
        let tasks = Tasks::find(PAGE).unwrap();
        assert_eq!(tasks.count(), 2);
        let course = Course { lesson: none(), next: none().next(), stops: stops(2), fragments: true };
        let shown = tasks.with_links(PAGE, &course, Projector { stop: Stop::Task(1) }).unwrap();
        assert!(shown.contains("<li id=\"do-1\" class=\"now\">") && shown.contains("<li id=\"do-2\">"), "{shown}");
        assert!(shown.contains("<li>in</li>") && shown.contains("</nav><span id=\"second\"></span>two"), "{shown}");
        assert!(shown.contains("Step 4 of 14") && shown.contains("Step 5 of 14"), "{shown}");
        assert!(shown.contains("href=\"#do-2\"") && shown.contains("href=\"#do-1\""), "{shown}");
        let action = "formaction=\"/lab/lessons/none?view=projector&#38;at=do-2#verdict\" name=\"a\"";
        assert!(shown.contains(action), "{shown}");
        assert!(Tasks::find("<h2 id=\"do\">Do it</h2><p>x</p><div id=\"help\"></div>").is_none());
    }

    #[test]
    fn a_step_that_is_gone_is_the_last_of_the_task() {
        let course = Course { lesson: none(), next: none().next(), stops: stops(2), fragments: true };
        assert_eq!(course.place(Stop::Task(9)), 4);
        assert!(course.links(0, "x").unwrap().contains("Step 1 of 14"));
        let last = course.links(13, "x").unwrap();
        assert!(
            last.contains("Step 14 of 14") && last.contains("rel=\"prev\"") && last.contains("Next lesson"),
            "{last}"
        );
    }
}
