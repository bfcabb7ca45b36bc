//! A lesson's page in one visitor's browser, whose forms are filled in and whose buttons are pressed.

use hallpass::lab::lessons::Lesson;
use reqwest::Method;
use serde::Serialize;

use crate::app::{Answer, TestApp, Visitor};
use crate::html::{attribute, between, button, field, fields, form_of, form_with, has_button, words};

/// What a page says of a lesson that was solved before.
pub const SOLVED: &str = "✓</span> solved</span>";

/// The largest page that the site may send, in bytes.
pub const LARGEST_PAGE: usize = 100_000;

/// The page that came last, and what was typed on it.
pub struct LessonPage {
    pub visitor: Visitor,
    pub slug: &'static str,
    pub answer: Answer,
    typed: Vec<(String, String)>,
}

impl LessonPage {
    /// The lesson with its task before a new visitor.
    pub async fn open(app: &TestApp, slug: &'static str) -> Self {
        let page = Self::at(app.visitor(), slug).await;
        assert!(!page.is_solved() && !page.body().contains("id=\"verdict\""), "{}", page.body());
        page
    }

    /// The lesson before this visitor, who skips the prediction.
    pub async fn at(visitor: Visitor, slug: &'static str) -> Self {
        visitor.skip_prediction(slug).await;
        let answer = page(&visitor, &format!("/lab/lessons/{slug}")).await;
        Self { visitor, slug, answer, typed: Vec::new() }
    }

    pub fn path(&self) -> String {
        format!("/lab/lessons/{}", self.slug)
    }

    pub fn body(&self) -> &str {
        &self.answer.body
    }

    pub async fn reload(&mut self) {
        let answer = page(&self.visitor, &self.path()).await;
        self.show(answer);
    }

    /// Types, chooses or ticks. An empty value leaves a box empty.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        assert!(self.body().contains(&format!("name=\"{name}\"")), "no field {name}: {}", self.body());
        self.typed.retain(|(found, _)| found != name);
        self.typed.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses the button of this label: its form is sent as a browser sends it.
    pub async fn press(&mut self, label: &str) -> &mut Self {
        self.press_with(label, &[]).await
    }

    /// The same after these changes of what the form sends.
    pub async fn press_with(&mut self, label: &str, changes: &[(&str, &str)]) -> &mut Self {
        let sent = self.submission(label, changes);
        self.send(&sent).await
    }

    /// What the button of this label sends after these changes.
    pub fn submission(&self, label: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let form = &form_with(self.body(), label);
        assert!(attribute(form, "action").unwrap().ends_with("#verdict"), "{form}");
        let typed = self.typed.iter().filter(|(name, _)| form.contains(&format!("name=\"{name}\"")));
        let changes = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut sent = replaced(form, typed.cloned().chain(changes).collect());
        sent.push(button(form, label));
        sent
    }

    /// Sends the fields of the page with the step of this name, also one whose button the page does not show now.
    pub async fn step(&mut self, name: &str) -> &mut Self {
        let sent = self.with_step(name);
        self.send(&sent).await
    }

    /// What [`step`](Self::step) sends.
    pub fn with_step(&self, name: &str) -> Vec<(String, String)> {
        let mut sent = replaced(self.body(), self.typed.clone());
        sent.push(("do".to_owned(), name.to_owned()));
        sent
    }

    /// Sends these fields, and goes where the answer leads.
    pub async fn send(&mut self, fields: &(impl Serialize + ?Sized)) -> &mut Self {
        let answer = self.post(fields).await;
        let answer = match answer.header("location") {
            "" => answer,
            next => page(&self.visitor, next).await,
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.show(answer);
        self
    }

    /// Takes this answer for the page that came last.
    pub fn show(&mut self, answer: Answer) {
        self.answer = answer;
        self.typed.clear();
    }

    /// The answer to these fields, without a change of this page.
    pub async fn post(&self, fields: &(impl Serialize + ?Sized)) -> Answer {
        let request = self.visitor.request(Method::POST, &self.path()).header("accept", "text/html").form(fields);
        let answer = Answer::to(request).await;
        assert!(answer.status < 500 || answer.status == 503, "{}: {}", answer.status, answer.body);
        assert!(answer.body.len() < LARGEST_PAGE, "{}", answer.body.len());
        answer
    }

    /// What a field of the page holds; empty where there is none.
    pub fn field(&self, name: &str) -> String {
        field(self.body(), name).unwrap_or_default()
    }

    pub fn has_button(&self, label: &str) -> bool {
        has_button(self.body(), label)
    }

    /// The value of a cookie that the last answer set.
    pub fn cookie(&self, name: &str) -> &str {
        let lines = self.answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let mut pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    pub fn is_solved(&self) -> bool {
        self.body().contains(SOLVED)
    }

    /// Presses the button for a hint, which sends the form with the work. The verdict that it is about stays.
    pub async fn ask_for_a_hint(&mut self) -> &mut Self {
        let verdict = self.verdict_or_none();
        let form = form_of(self.body(), "work");
        let typed = self.typed.iter().filter(|(name, _)| form.contains(&format!("name=\"{name}\""))).cloned();
        let mut sent = replaced(&form, typed.collect());
        sent.push(("step".to_owned(), "hint".to_owned()));
        self.send(&sent).await;
        assert_eq!(self.verdict_or_none(), verdict);
        self
    }

    /// The hints that the page shows.
    pub fn hints(&self) -> Vec<String> {
        let pieces = self.body().split("<p class=\"hint\">").skip(1);
        pieces.map(|piece| words(piece.split("</p>").next().unwrap_or_default())).collect()
    }

    /// The first line of the verdict, if there is one.
    pub fn verdict_or_none(&self) -> String {
        if self.body().contains("id=\"verdict\"") { self.verdict() } else { String::new() }
    }

    /// Whether the lesson is remembered as solved.
    pub async fn has_solved(&self) -> bool {
        page(&self.visitor, &self.path()).await.body.contains(SOLVED)
    }

    /// The verdict with all that belongs to it, as HTML.
    pub fn outcome(&self) -> &str {
        between(self.body(), "id=\"verdict\"", "</section>").unwrap_or_else(|| panic!("no verdict: {}", self.body()))
    }

    /// The first line of the verdict.
    pub fn verdict(&self) -> String {
        words(between(self.outcome(), "role=\"status\">", "</p>").unwrap())
    }

    /// What the naive verifier said.
    pub fn naive(&self) -> String {
        words(between(self.outcome(), "</h3>", "</div>").unwrap())
    }

    /// The code of the strict verifier's refusal; empty when it accepts.
    pub fn strict(&self) -> String {
        let outcome = self.outcome();
        let card = outcome.split_once("<h3>The strict verifier</h3>").map_or(outcome, |(_, card)| card);
        between(card, "Blocked</strong> by <code>", "</code>").unwrap_or_default().to_owned()
    }

    /// The page has this text somewhere.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        let words = words(self.body());
        assert!(words.contains(text), "not found: {text}\n{words}");
        self
    }

    /// The verdict, or what belongs to it, has this text.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        let outcome = words(self.outcome());
        assert!(outcome.contains(text), "not found: {text}\n{outcome}");
        self
    }

    #[track_caller]
    pub fn is_step(&self, text: &str) {
        let verdict = self.verdict();
        assert!(verdict.contains("→ Step done.") && verdict.contains(text), "{text}: {verdict}");
    }

    #[track_caller]
    pub fn is_wrong(&self, text: &str) {
        let verdict = self.verdict();
        assert!(verdict.contains("✗ Not yet.") && verdict.contains(text), "{text}: {verdict}");
    }

    /// Not solved, with this hint.
    #[track_caller]
    pub fn misses(&self, hint: &str) {
        self.says("Not yet.").says(hint);
        assert!(!self.is_solved(), "{hint}");
    }

    /// Solved now, and remembered.
    pub async fn assert_solved(&self) {
        let verdict = self.verdict();
        assert!(verdict.contains("✓ Solved."), "{verdict}");
        assert!(self.has_solved().await, "it is remembered");
    }
}

/// GET as a browser.
async fn page(visitor: &Visitor, path: &str) -> Answer {
    let answer = Answer::to(visitor.request(Method::GET, path).header("accept", "text/html")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.body.len() < LARGEST_PAGE, "{}", answer.body.len());
    answer
}

/// The fields of a form with these changes.
fn replaced(form: &str, changes: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut sent = fields(form);
    sent.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let is_box = |name: &str| form.contains(&format!("type=\"checkbox\" name=\"{name}\""));
    sent.extend(changes.into_iter().filter(|(name, value)| !value.is_empty() || !is_box(name)));
    sent
}

/// What a lesson's solution marks as code, button or choice, in its order.
pub fn marked(slug: &str) -> Vec<&'static str> {
    Lesson::find(slug).unwrap().solution.whole.markdown().split(['`', '*']).skip(1).step_by(2).collect()
}

/// What a lesson's solution marks as code, in its order.
pub fn codes(slug: &str) -> Vec<&'static str> {
    Lesson::find(slug).unwrap().solution.whole.markdown().split('`').skip(1).step_by(2).collect()
}

/// What a lesson's solution marks as a button or a choice, in its order.
pub fn presses(slug: &str) -> Vec<&'static str> {
    Lesson::find(slug).unwrap().solution.whole.markdown().split('*').skip(1).step_by(2).collect()
}
