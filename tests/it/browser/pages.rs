//! Every kind of page that the site shows, and how a visitor gets there.

use hallpass::lab::lessons::LESSONS;
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
    Manual,
    ManualOperations,
    Api,
    /// An operation that is open, with the form that tries it.
    ApiOperation,
    Schemas,
    Gallery,
    Attack,
    RequestAttack,
    Bench,
    BenchVerdict,
    BenchRefusal,
    Lab,
    LabWithProgress,
    Worksheet,
    PathWorksheet,
    Teach,
    AnswerKey,
    /// The projector view, at this step.
    Projector(&'static str),
    IssuersLogin,
    /// A lesson, by its slug.
    Lesson(&'static str),
    /// The same after its form was sent.
    Tried(&'static str),
    Attacker,
    CrossSiteRefusal,
    Login,
    LoginRefused,
    LoginForNobody,
    FormPost,
    LogoutAsked,
    LoggedOut,
}

/// A client that is a page of the server's own, so that the browser asks no other server.
const CLIENT: &str =
    "response_type=code&client_id=app&scope=openid+email+orders:read&resource=https://api.example/orders";

impl Page {
    pub fn all() -> Vec<Self> {
        let lessons = LESSONS.iter().flat_map(|lesson| [Self::Lesson(lesson.slug), Self::Tried(lesson.slug)]);
        Self::WITHOUT_LESSONS.iter().copied().chain(lessons).collect()
    }

    const WITHOUT_LESSONS: &[Self] = &[
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
        Self::Manual,
        Self::ManualOperations,
        Self::Api,
        Self::ApiOperation,
        Self::Schemas,
        Self::Gallery,
        Self::Attack,
        Self::RequestAttack,
        Self::Bench,
        Self::BenchVerdict,
        Self::BenchRefusal,
        Self::Lab,
        Self::LabWithProgress,
        Self::Worksheet,
        Self::PathWorksheet,
        Self::Teach,
        Self::AnswerKey,
        Self::Projector("scenario"),
        Self::Projector("do-1"),
        Self::Projector("code"),
        Self::IssuersLogin,
        Self::Attacker,
        Self::CrossSiteRefusal,
        Self::Login,
        Self::LoginRefused,
        Self::LoginForNobody,
        Self::FormPost,
        Self::LogoutAsked,
        Self::LoggedOut,
    ];

    /// What the page says that no other does.
    fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => (".result", "None"),
            Self::Accepted => (".result", "bob"),
            Self::Expired => (".trace .failed", "expired"),
            Self::OtherAlgorithm => (".trace .failed", "says it was signed with"),
            Self::Rs256WithDetails => ("[aria-label=\"More about the demo\"] details[open]", "Who can forge"),
            Self::StaleSession => (".note", "12 hours ago"),
            Self::NotFound => (".kicker", "404"),
            Self::BadRequest => (".kicker", "400 bad_request"),
            Self::DuplicateCookie => (".kicker", "400 duplicate_cookie"),
            Self::Tutorials => ("h1", "Tutorials"),
            Self::Tutorial => ("h1", "Zoom"),
            Self::Manual => ("h1", "Docs"),
            Self::ManualOperations => ("h1", "Operations"),
            Self::Api => ("h1", "API"),
            Self::ApiOperation => ("#operation-inspect", "Body"),
            Self::Schemas => ("h1", "Schemas"),
            Self::Gallery => (".done", "tried"),
            Self::Attack => (".mark", "changed"),
            Self::RequestAttack => (".said", "cross_site"),
            Self::Bench => ("#blank", "A token"),
            Self::BenchVerdict => (".verdict", "Not verified"),
            Self::BenchRefusal => ("[role=alert]", "Your key"),
            Self::Lab => (".opening .actions", "Start here"),
            Self::LabWithProgress => ("#progress", "Your browser remembers it"),
            Self::Worksheet => ("h1", "Worksheet"),
            Self::PathWorksheet => ("h1", "Worksheet: 90 minutes"),
            Self::Teach => ("h1", "For teachers"),
            Self::AnswerKey => ("h1", "Answer key"),
            Self::Projector(_) => (".projector-steps", "Step "),
            Self::IssuersLogin => ("h1", "The school’s login page"),
            Self::Lesson(_) => ("#prediction", "Your prediction"),
            Self::Tried(_) => ("#verdict", "Verdict"),
            Self::Attacker => ("h1", "Mallory’s page"),
            Self::CrossSiteRefusal => (".kicker", "403 cross_site"),
            Self::Login => ("h1", "Log in"),
            Self::LoginRefused => ("[role=alert]", "Enter a username and a password"),
            Self::LoginForNobody => (".lead", "--redirect-uri"),
            Self::FormPost => ("h1", "Back to the client"),
            Self::LogoutAsked => ("h1", "Log out?"),
            Self::LoggedOut => ("h1", "You are logged out"),
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

    #[expect(clippy::too_many_lines, reason = "it is one list: how to get to each page")]
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
                let comparison = By::Css("[aria-label='More about the demo'] summary");
                visit.driver.find(comparison).await.unwrap().click().await.unwrap();
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
            Self::Manual => visit.open("/docs").await,
            // It has tables and code wider than any screen.
            Self::ManualOperations => visit.open("/docs/operations").await,
            Self::Api => visit.open("/docs/api").await,
            Self::ApiOperation => visit.open("/docs/api#operation-inspect").await,
            Self::Schemas => visit.open("/docs/api/schemas").await,
            Self::Gallery => {
                visit.open("/lab/attacks/alg-none").await;
                visit.send("button[value=forge]").await;
                visit.follow("Attacks").await;
            }
            Self::Attack => {
                visit.open("/generate").await;
                visit.open("/lab/attacks/key-confusion-rs256").await;
                visit.send("button[value=forge]").await;
            }
            Self::RequestAttack => {
                visit.open("/lab/attacks/cross-site-form").await;
                visit.send("button[value=forge]").await;
            }
            Self::Bench => visit.open("/lab/inspect").await,
            Self::BenchVerdict => {
                visit.open("/generate").await;
                visit.open("/lab/inspect").await;
                visit.send("button[value=mine]").await;
            }
            Self::BenchRefusal => {
                visit.open("/lab/inspect").await;
                visit.send("button[value=sign]").await;
            }
            Self::Lab => visit.open("/lab").await,
            Self::LabWithProgress => {
                visit.solve_by_choosing().await;
                visit.open("/lab/attacks/alg-none").await;
                visit.send("button[value=forge]").await;
                visit.follow("Lab").await;
            }
            Self::Worksheet => visit.open("/lab/worksheet").await,
            Self::PathWorksheet => visit.open("/lab/worksheet?path=90").await,
            Self::Teach => visit.open("/lab/teach").await,
            Self::AnswerKey => visit.open("/lab/teach/key").await,
            Self::Projector(at) => visit.open(&format!("/lab/lessons/logout?view=projector&at={at}")).await,
            Self::IssuersLogin => {
                visit.open_lesson("log-in-with-a-code").await;
                visit.press_button("Skip").await;
                visit.press_button("Log in with the school").await;
                visit.follow("Follow the redirect").await;
            }
            Self::Lesson(slug) => visit.open_lesson(slug).await,
            Self::Tried(slug) => visit.try_lesson(slug).await,
            Self::Attacker => visit.open_attacker().await,
            Self::CrossSiteRefusal => {
                visit.open_attacker().await;
                visit.press_button("Send by POST, defence on").await;
            }
            Self::Login => visit.open_login("").await,
            Self::LoginRefused => {
                visit.open_login("").await;
                // The browser itself asks for what is missing.
                visit.eval("document.forms[0].noValidate = true").await;
                visit.press_button("Log in").await;
            }
            Self::LoginForNobody => {
                visit.open("/oauth/authorize?client_id=app&redirect_uri=https://evil.example/").await;
            }
            Self::FormPost => visit.open_form_post().await,
            Self::LogoutAsked => {
                visit.open_login("").await;
                visit.log_in("susan").await;
                visit.open("/oauth/logout").await;
            }
            Self::LoggedOut => visit.open("/oauth/logout").await,
        }
    }
}

/// What is clicked, one after the other, to see what a lesson says to an answer.
fn clicks(slug: &str) -> &'static [&'static str] {
    match slug {
        "start-here" => &["button[value=look]"],
        "anatomy" => &["form[action$='anatomy#verdict'] button"],
        "set-cookie" | "script-reach" | "two-clocks" => &["button.primary", "button.primary"],
        "tamper" => &["button[value=payload]"],
        "hs256-or-rs256" => &["button[value=measure]", "button[value=verify]"],
        "weak-secret" => &["button[value=guess]", "button[value=sign]"],
        "cookie-laboratory" => &["[value=comes]", "button[value=set]"],
        "token-of-another-service" => &["button[value=present]"],
        "stay-logged-in" => &["button[value=new]", "button[value=steal]", "button[value=mallory]"],
        "tied-to-you" => &["button[value=bob]", "button[value=send]"],
        "logout" => &["button[value=login]", "button[value=save]", "button[value=clear]", "button[value=replay]"],
        "rotation" => &["button[value=issue]", "button[value=sign]", "button[value=issue]"],
        "cross-site-forms-part-two" => &["button[value=login]"],
        "session-fixation" => &["button[value=get]", "button[value=plant]", "button[value=login]", "button[value=use]"],
        "where-to-keep-it" => &["button[value=login]", "[name=takes]", "[name=sends]", "button[value=run]"],
        "cross-site-forms" | "size-limit" => &["button[value=set]"],
        "recover-the-public-key" => &["button[value=copy]", "button[value=copy]", "button[value=compute]"],
        "log-in-with-a-code" => &["button[value=begin]"],
        "need-a-jwt" => &["[name=carrier][value=jwt]", "[name=reason][value=end]", "button[value=check]"],
        _ => &["button[value=send]"],
    }
}

impl Visit {
    /// Predicts, answers, and comes to the page that says what happened and why.
    async fn try_lesson(&self, slug: &str) {
        self.open_lesson(slug).await;
        self.tick("[name=predict]").await;
        self.press_button("Predict").await;
        for css in clicks(slug) {
            if css.contains("button") { self.send(css).await } else { self.tick(css).await }
        }
    }

    /// The attacker's page of the lesson on cross-site forms.
    async fn open_attacker(&self) {
        self.open_lesson("cross-site-forms").await;
        self.press_button("Skip").await;
        self.press_button("Set the three cookies").await;
        self.follow("Open Mallory’s page").await;
    }

    /// The login page of a client, which has this server's other name and so is another site.
    pub async fn open_login(&self, more: &str) {
        let client = self.app.url.replace("127.0.0.1", "localhost");
        self.open(&format!("/oauth/authorize?{CLIENT}&redirect_uri={client}/bob{more}")).await;
    }

    /// The page that posts the code to the client, which its script leaves at once. Here the script cannot send the
    /// form.
    async fn open_form_post(&self) {
        let stay = json!({ "source": "HTMLFormElement.prototype.submit = () => {}" });
        let cdp = self.driver.cdp();
        let added = cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", stay).await.unwrap();
        self.open_login("&response_mode=form_post").await;
        self.log_in("susan").await;
        cdp.send_raw("Page.removeScriptToEvaluateOnNewDocument", added).await.unwrap();
    }

    pub async fn log_in(&self, username: &str) {
        self.type_in("#username", username).await;
        self.type_in("#password", "secret").await;
        self.press_button("Log in").await;
    }

    /// Solves a lesson that takes nothing but choices.
    async fn solve_by_choosing(&self) {
        self.open_lesson("need-a-jwt").await;
        self.press_button("Skip").await;
        for (carrier, reason) in
            [("session", "table"), ("jwt", "key"), ("address", "one"), ("opaque", "end"), ("jwt", "load")]
        {
            self.pick("carrier", carrier).await;
            self.pick("reason", reason).await;
            self.send("button[value=check]").await;
        }
    }

    /// A second cookie of the session's name, as another program on this host could plant it.
    pub async fn open_with_two_cookies(&self) {
        self.open("/generate").await;
        let mut planted = Cookie::new("hallpass", "planted");
        planted.set_path("/bob");
        self.driver.add_cookie(planted).await.unwrap();
        self.open("/bob").await;
    }
}
