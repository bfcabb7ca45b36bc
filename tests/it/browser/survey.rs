//! One walk past every kind of page, for all tests that look at each of them.
//!
//! The way to a page takes longer than most of what is asked of it. So these tests share the walk: each of them takes
//! pages until none is left, then waits for the others, and fails for what concerns it on any page.

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use tokio::time::sleep;

use super::accessibility::Axe;
use super::pages::Page;
use super::visit::{Browser, Script, Visit};

static SURVEY: LazyLock<Mutex<Survey>> = LazyLock::new(|| Mutex::new(Survey::of(Page::all())));

struct Survey {
    left: std::vec::IntoIter<Page>,
    under_way: usize,
    faults: Faults,
}

/// What is wrong with pages, by the test that fails for it.
#[derive(Clone, Default)]
pub struct Faults {
    pub accessibility: Vec<String>,
    pub layout: Vec<String>,
}

impl Survey {
    fn of(pages: Vec<Page>) -> Self {
        Self { left: pages.into_iter(), under_way: 0, faults: Faults::default() }
    }

    fn is_over(&self) -> bool {
        self.left.len() == 0 && self.under_way == 0
    }
}

/// The faults of all pages, once every page was looked at.
pub async fn faults_of_every_page(browser: &Browser) -> Faults {
    let axe = Axe::installed();
    let visit = browser.visit(Script::On).await;
    while let Some(taken) = Taken::next() {
        let faults = faults_of(taken.page, &visit, axe.as_ref()).await;
        taken.report(faults);
    }
    visit.end().await;
    while !SURVEY.lock().unwrap().is_over() {
        sleep(Duration::from_millis(20)).await;
    }
    SURVEY.lock().unwrap().faults.clone()
}

/// A page that a test is looking at.
struct Taken {
    page: Page,
    is_reported: bool,
}

impl Taken {
    fn next() -> Option<Self> {
        let mut survey = SURVEY.lock().unwrap();
        let page = survey.left.next()?;
        survey.under_way += 1;
        Some(Self { page, is_reported: false })
    }

    fn report(mut self, found: Faults) {
        self.is_reported = true;
        SURVEY.lock().unwrap().faults.add(found);
    }
}

impl Drop for Taken {
    /// A test that failed halfway leaves a page that nobody looked at, and then no test of the survey passes.
    fn drop(&mut self) {
        let mut survey = SURVEY.lock().unwrap();
        survey.under_way -= 1;
        if !self.is_reported {
            let fault = vec![format!("{:?} was not looked at to the end", self.page)];
            survey.faults.add(Faults { accessibility: fault.clone(), layout: fault });
        }
    }
}

/// What is wrong with this page. The order spares the browser a change of size or colours.
async fn faults_of(page: Page, visit: &Visit, axe: Option<&Axe>) -> Faults {
    visit.show_in("light").await;
    page.open(visit).await;
    if let Some(axe) = axe {
        axe.enter(visit).await;
    }
    let mut faults = Faults::default();
    // 1280 pixels zoomed to 400 %, a phone, 1280 pixels zoomed to 200 %, a desktop.
    for width in [320, 390, 640, 1280] {
        visit.resize(width).await;
        let at = format!("{page:?} at {width} px");
        faults.layout.extend(visit.overflow(&at).await);
        faults.layout.extend(visit.squeezed(&at).await);
        if axe.is_some() && width != 640 {
            faults.add_violations(page, visit.violations_in("light", width).await);
        }
    }
    faults.layout.extend(visit.overflow_in_large_text(&format!("{page:?} in text twice as large")).await);
    visit.show_in("dark").await;
    for width in [1280, 390, 320] {
        visit.resize(width).await;
        if axe.is_some() {
            faults.add_violations(page, visit.violations_in("dark", width).await);
        }
    }
    faults.layout.extend(visit.overflow_in_wide_spacing(&format!("{page:?} in wide spacing")).await);
    faults
}

impl Faults {
    fn add(&mut self, others: Self) {
        self.accessibility.extend(others.accessibility);
        self.layout.extend(others.layout);
    }

    fn add_violations(&mut self, page: Page, violations: Vec<String>) {
        self.accessibility.extend(violations.into_iter().map(|violation| format!("{page:?}, {violation}")));
    }
}
