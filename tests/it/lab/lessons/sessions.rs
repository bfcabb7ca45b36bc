//! Three lessons over HTTP: forms from elsewhere part two, session fixation, and where to keep a token. Near misses are
//! named, nothing that was done is lost, and nothing counts that this browser or its visitor did not do.

use hallpass::lab::lessons::cross_site_forms_two::{Attacker, Defence, PAGE};
use reqwest::Method;

use crate::app::{Answer, TestApp, Visitor};
use crate::html::words;
use crate::lab::lesson_page::LessonPage;

impl LessonPage {
    /// Sends what a button sends, without the fields beside it.
    async fn submit(&mut self, button: &str) -> &mut Self {
        self.send(&[("do", button)]).await
    }

    /// The buttons below the verdict.
    fn next_buttons(&self) -> Vec<String> {
        let buttons = self.outcome().split("<button ").skip(1);
        let labels = buttons.filter_map(|rest| rest.split_once('>')?.1.split_once('<'));
        labels.map(|(label, _)| label.to_owned()).collect()
    }
}

/// The value of the first attribute of this name whose value has this in it.
fn attribute_with(html: &str, name: &str, part: &str) -> String {
    let begin = format!(" {name}=\"");
    let mut values = html.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap());
    let value = values.find(|value| value.contains(part));
    value.unwrap_or_else(|| panic!("no {name} with {part}: {html}")).replace("&#38;", "&")
}

// Forms from elsewhere, part two.

const TWO: &str = "cross-site-forms-part-two";

/// A form of Mallory's as a browser sends it.
struct Attack<'a> {
    host: &'a str,
    site: &'a str,
    cookies: String,
    fields: Vec<(&'a str, String)>,
}

impl Attack<'_> {
    async fn send(&self, app: &TestApp) -> Answer {
        let request = app.visitor().request(Method::POST, &format!("{PAGE}/undefended")).header("host", self.host);
        let request = request.header("accept", "text/html").header("sec-fetch-site", self.site);
        Answer::to(request.header("cookie", self.cookies.as_str()).form(&self.fields)).await
    }
}

/// The names and values of the cookies that an answer sets.
fn set_by(answer: &Answer) -> Vec<String> {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines.map(|line| line.split(';').next().unwrap().to_owned()).collect()
}

/// What Mallory's page writes into the form of this defence.
fn field_on(page: &str, defence: Defence) -> String {
    let rest = page.split_once(&format!("name=\"defence\" value=\"{}\"", defence.name())).unwrap().1;
    attribute_with(rest, "value", "")
}

#[tokio::test]
async fn part_two_can_be_simulated_wherever_no_second_site_is_and_says_what_to_set() {
    let app = TestApp::with(&[("public-url", "https://hallpass.example"), ("credentials", "any")]);
    let visitor = app.visitor();
    let page = Answer::to(
        visitor
            .request(Method::POST, PAGE)
            .header("host", "hallpass.example")
            .header("cookie", "lab-two-strict=1")
            .form(&[("simulate", "strict neighbour")]),
    )
    .await
    .body;
    assert!(page.contains("--second-origin https://forms.example") && page.contains("the lab simulates"), "{page}");
    assert!(!page.contains("/attacker\"") && !page.contains("/portal?for="), "{page}");
    assert!(page.contains("Simulated by the rules of browsers") && page.contains("verdict-card damage"), "{page}");
    let address = format!("{PAGE}/attacker");
    let attacker = visitor.request(Method::GET, &address).header("host", "hallpass.example");
    assert_eq!(Answer::to(attacker).await.status, 404);
}

#[tokio::test]
async fn part_two_is_solved_by_ten_attacks_and_the_three_defences_that_held() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, TWO).await;
    let right = [("step", "check"), ("holds-bound", "on"), ("holds-synchroniser", "on"), ("holds-prefix", "on")];
    page.send(&right).await.misses("0 of 10 attacks done. Try the others first");
    page.send(&[("simulate", "strict neighbour")]).await.misses("Press Log in as Admin first");
    page.send(&right).await.misses("0 of 10 attacks done.");
    page.send(&[("step", "login")]).await;
    for attacker in Attacker::ALL {
        for defence in Defence::ALL {
            let named = format!("{} {}", defence.name(), attacker.name());
            page.send(&[("simulate", &named)]).await.shows("of 10 attacks done.");
        }
    }
    assert_eq!(page.body().matches("</span> carried out").count(), 2, "two cells of the table are damage");
    page.send(&[&right[..], &[("holds-strict", "on")]].concat()).await.misses("You trust SameSite=Strict");
    assert!(page.body().contains("name=\"holds-prefix\" checked"), "what was ticked stays");
    page.send(&right[..3]).await.misses("What you ticked holds. 1 more defence holds too.");
    page.send(&right[..1]).await.misses("Nothing is ticked.");
    page.send(&right).await.shows("These defences hold");
    assert!(page.is_solved());
}

#[tokio::test]
async fn a_form_from_another_site_is_recorded_in_a_sealed_cookie_and_a_written_one_counts_nothing() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, TWO).await;
    let login = Answer::to(page.visitor.request(Method::POST, PAGE).form(&[("step", "login")])).await;
    let cookies = set_by(&login);
    // Another site's form does not bring the `Strict` cookie.
    let came: Vec<&str> = cookies.iter().filter(|pair| !pair.contains("strict")).map(String::as_str).collect();
    let port = app.host().split(':').nth(1).unwrap();
    let other =
        app.visitor().request(Method::GET, &format!("{PAGE}/attacker")).header("host", format!("localhost:{port}"));
    let mallory = Answer::to(other).await;
    assert!(mallory.header("content-security-policy").contains(&format!("form-action http://{};", app.host())));
    assert!(set_by(&mallory).is_empty(), "another site can set nothing for the portal");

    let mut records = Vec::new();
    for defence in Defence::ALL {
        let fields = vec![("defence", defence.name().to_owned()), ("token", field_on(&mallory.body, defence))];
        let attack = Attack { host: app.host(), site: "cross-site", cookies: came.join("; "), fields };
        let answer = attack.send(&app).await;
        assert!(answer.status == 200 && answer.body.contains("Blocked: "), "{defence:?}: {}", answer.body);
        records.extend(set_by(&answer));
        let stranger = Attack { cookies: "a=1".to_owned(), ..attack }.send(&app).await;
        assert!(stranger.body.contains("This shows nothing.") && set_by(&stranger).is_empty(), "{defence:?}");
    }
    let read = async |visitor: &Visitor, records: &str| {
        visitor.with_cookie(&format!("{PAGE}?step=back"), records).await.text().await.unwrap()
    };
    let all = records.join("; ");
    assert!(read(&app.visitor(), &all).await.contains("5 of 10 attacks done."), "{all}");
    let written = all.replace("=sos~", "=sox~").replace("=doD", "=dox");
    assert!(read(&app.visitor(), &written).await.contains("4 of 10 attacks done."), "{written}");
    let moved = all.replace("lab-two-came-strict-other-site", "lab-two-came-strict-neighbour");
    assert!(read(&app.visitor(), &moved).await.contains("4 of 10 attacks done."), "{moved}");
    page.send(&[("step", "check")]).await.misses("0 of 10 attacks done.");
}

#[tokio::test]
async fn a_way_back_without_an_attack_is_no_step_and_neither_is_the_same_attack_again() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, TWO).await;
    let early = page.visitor.page(&format!("{PAGE}?step=back")).await;
    assert!(words(&early).contains("Admin is not logged in, so there is nothing to attack yet."), "{early}");
    page.send(&[("step", "login")]).await.is_step("Admin is logged in");
    let back = page.visitor.page(&format!("{PAGE}?step=back")).await;
    assert!(words(&back).contains("→ Go on. 0 of 10 attacks done."), "{back}");
    page.send(&[("simulate", "strict other-site")]).await.is_step("1 of 10 attacks done.");
    page.send(&[("simulate", "strict other-site")]).await;
    assert!(page.verdict().contains("→ Go on. You have tried this already."), "{}", page.verdict());
}

#[tokio::test]
async fn mallory_s_page_marks_what_was_sent_and_has_no_menu_of_this_site() {
    let app = TestApp::spawn();
    let port = app.host().split(':').nth(1).unwrap().to_owned();
    let mut page = LessonPage::open(&app, TWO).await;
    page.send(&[("step", "login")]).await;
    page.send(&[("simulate", "double other-site")]).await;
    let address = attribute_with(page.body(), "href", "/attacker?sent=double");
    let path = address.split_once(&port).unwrap().1;
    let there = app.visitor().request(Method::GET, path).header("host", format!("localhost:{port}"));
    let mallory = Answer::to(there).await.body;
    assert_eq!(mallory.matches("</span> sent</span>").count(), 1, "{mallory}");
    assert!(mallory.contains("Plain double submit</button> <span class=\"passed\">"), "{mallory}");
    assert!(!mallory.contains("<header") && !mallory.contains("href=\"/lab\""), "{mallory}");

    let fields = vec![("defence", "strict".to_owned()), ("token", String::new()), ("sent", "double.burn".to_owned())];
    let cookies = "lab-two-session=1".to_owned();
    let arrival = Attack { host: app.host(), site: "cross-site", cookies, fields }.send(&app).await.body;
    assert!(arrival.contains("/attacker?sent=strict.double\"") && arrival.contains("<header"), "{arrival}");
}

#[tokio::test]
async fn what_a_neighbour_did_comes_back_by_a_sealed_link_and_only_to_the_visitor_who_did_it() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, TWO).await;
    page.send(&[("step", "login")]).await;
    let port = app.host().split(':').nth(1).unwrap().to_owned();
    let [grades, clubs] = ["grades", "clubs"].map(|name| format!("{name}.school.localhost:{port}"));
    let at = async |address: &str| {
        let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Answer::to(app.visitor().request(Method::GET, &format!("/{path}")).header("host", host)).await
    };
    let address = attribute_with(page.body(), "href", "/portal?for=");
    let portal = at(&address).await;
    assert!(address.starts_with(&format!("http://{grades}/")) && portal.status == 200, "{address}");
    let address = attribute_with(&portal.body, "href", "/neighbour?for=");
    let mallory = at(&address).await;
    assert!(address.starts_with(&format!("http://{clubs}/")));
    assert_eq!(set_by(&mallory).len(), 3);
    let lines = mallory
        .headers
        .get_all("set-cookie")
        .iter()
        .all(|line| line.to_str().unwrap().contains("; Domain=school.localhost; "));
    assert!(lines, "for the whole domain");
    for wrong in
        [address.replace(&clubs, &grades), address.replace("for=", "for=x"), format!("http://{clubs}{PAGE}/portal")]
    {
        assert_eq!(at(&wrong).await.status, 404, "{wrong}");
    }

    let (own, tossed) = (set_by(&portal), set_by(&mallory));
    let pass = attribute_with(&mallory.body.replace("&#38;", "&"), "value", &format!("http://{}", app.host()));
    let mut cookies: Vec<String> = own.clone();
    // The longer path comes first, and the browser refused the one with the prefix.
    cookies.splice(0..0, tossed.into_iter().filter(|pair| !pair.starts_with("__Host-")));
    let mut last = String::new();
    for (defence, through) in Defence::ALL.into_iter().zip([true, true, false, false, false]) {
        let fields = vec![
            ("defence", defence.name().to_owned()),
            ("token", field_on(&mallory.body, defence)),
            ("for", pass.clone()),
        ];
        let attack = Attack { host: &grades, site: "same-site", cookies: cookies.join("; "), fields };
        let answer = attack.send(&app).await;
        assert_eq!(answer.body.contains("Carried out."), through, "{defence:?}: {}", answer.body);
        cookies.extend(set_by(&answer));
        last = attribute_with(&answer.body, "href", "result=");
    }
    // The club page has no records. The portal's host has, so its link back goes there.
    let by_portal = attribute_with(&mallory.body, "href", "/return?for=");
    let (host, path) = by_portal.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let request = app.visitor().request(Method::GET, &format!("/{path}")).header("host", host);
    let answer = Answer::to(request.header("cookie", cookies.join("; "))).await;
    assert_eq!((host, answer.status), (grades.as_str(), 303), "{}", answer.body);
    let query = answer.header("location").strip_prefix(&format!("http://{}", app.host())).unwrap();
    let body = page.visitor.page(query.split('#').next().unwrap()).await;
    assert!(body.contains("5 of 10 attacks done."), "{body}");

    let home = format!("http://{}", app.host());
    let path = last.strip_prefix(&home).unwrap().split('#').next().unwrap().to_owned();
    for (visitor, count) in [(&app.visitor(), 0), (&page.visitor, 5), (&page.visitor, 5)] {
        let body = visitor.page(&path).await;
        assert!(body.contains(&format!("{count} of 10 attacks done.")), "{body}");
    }
    let changed = path.replace("snx", "sns").replace("%7E", "~");
    assert!(page.visitor.page(&changed).await.contains("5 of 10 attacks done."), "what was seen before stays");
}

#[tokio::test]
async fn of_part_two_only_the_one_address_takes_a_form_from_elsewhere() {
    let app = TestApp::spawn();
    for path in [PAGE.to_owned(), format!("{PAGE}/attacker"), format!("{PAGE}/neighbour"), format!("{PAGE}/portal")] {
        let request = app.visitor().request(Method::POST, &path).header("sec-fetch-site", "cross-site");
        assert_eq!(Answer::to(request.form(&[("step", "login")])).await.status, 403, "{path}");
    }
    let fields = vec![("defence", "strict".to_owned()), ("token", String::new())];
    for site in ["same-origin", "none"] {
        let own = Attack { host: app.host(), site, cookies: "lab-two-session=1".to_owned(), fields: fields.clone() };
        let own = own.send(&app).await;
        assert!(own.body.contains("counts as no attack") && set_by(&own).is_empty());
    }
    let nothing = Attack { host: app.host(), site: "cross-site", cookies: String::new(), fields: Vec::new() };
    assert_eq!(nothing.send(&app).await.status, 400);
}

// Session fixation.

#[tokio::test]
async fn session_fixation_names_a_wrong_order_and_keeps_what_was_done_in_every_tab() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "session-fixation").await;
    page.submit("plant").await.misses("Press Get a session id first");
    page.submit("get").await.shows("Nobody is logged in with it yet.");
    page.submit("use").await.misses("Bob has not logged in with it yet");
    page.submit("login").await.shows("His browser sent no id");
    page.submit("use").await.misses("Bob logged in with another id");
    assert_eq!(page.next_buttons(), ["Plant the id"]);
    page.submit("plant").await.shows("document.cookie = \"lab-fixed-session=").shows("; Domain=school.example; Path=/");
    assert!(
        !page.body().contains("Set-Cookie: lab-fixed-session=") || !page.body().contains("HttpOnly"),
        "a script has none"
    );
    assert_eq!(page.next_buttons(), ["Log in as Bob"]);
    page.submit("login").await;
    assert_eq!(page.next_buttons(), ["Use the copy"]);
    for button in ["get", "plant", "login"] {
        page.submit(button).await;
    }
    page.submit("use").await.shows("1 of 4 rounds done.").shows("Mallory is logged in as Bob");
    let other_tab = page.visitor.page(&page.path()).await;
    assert!(other_tab.contains("1 of 4 rounds done. Now: a portal that gives a new session id"), "{other_tab}");
    page.submit("form").await.misses("belongs to another round");
    for button in ["get", "plant", "login"] {
        page.submit(button).await;
    }
    page.shows("gave him a new one");
    page.submit("use").await.shows("2 of 4 rounds done.").shows("please log in");

    page.submit("read").await.misses("Bob has not saved a draft yet");
    page.send(&[("do", "write"), ("draft", "")]).await.misses("Press Send Mallory’s login form first.");
    page.send(&[("do", "write"), ("draft", "I was ill")]).await.misses("Press Send Mallory’s login form first.");
    assert_eq!(page.next_buttons(), ["Send Mallory’s login form"]);
    assert!(page.body().contains(">I was ill</textarea>"), "what was typed stays");
    page.submit("login").await;
    page.send(&[("do", "write"), ("draft", "I was ill")]).await;
    page.submit("read").await.misses("was not logged in to it when he wrote");
    page.submit("form").await;
    page.send(&[("do", "write"), ("draft", "")]).await.misses("Write something");
    page.send(&[("do", "write"), ("draft", "<i>ill</i>|x")]).await;
    page.submit("read").await.shows("3 of 4 rounds done.");
    assert!(page.body().contains("“&#60;i&#62;ill&#60;/i&#62;|x”"), "{}", page.body());

    page.submit("form").await.shows("refused Mallory's form");
    page.send(&[("do", "write"), ("draft", "x")]).await.misses("Press Log in as Bob first.");
    assert_eq!(page.next_buttons(), ["Log in as Bob"]);
    page.submit("login").await;
    assert_eq!(page.next_buttons(), ["Save the draft"]);
    app.advance(601);
    page.send(&[("do", "write"), ("draft", "x")]).await.misses("is not logged in");
    page.submit("login").await;
    page.send(&[("do", "write"), ("draft", "x")]).await;
    page.submit("read").await.shows("4 of 4 rounds done.");
    assert!(page.is_solved());
}

// Where to keep it.

impl LessonPage {
    async fn run(&mut self, takes: &str, sends: &str) -> &mut Self {
        let (storage, loot) = (self.field("storage"), self.field("loot"));
        self.send(&[("do", "run"), ("takes", takes), ("sends", sends), ("storage", &storage), ("loot", &loot)]).await
    }

    async fn replay(&mut self) -> &mut Self {
        let (storage, loot) = (self.field("storage"), self.field("loot"));
        self.send(&[("do", "replay"), ("storage", &storage), ("loot", &loot)]).await
    }
}

#[tokio::test]
async fn the_loot_is_what_the_browser_gives_to_scripts_and_is_judged_by_the_real_verifier() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "where-to-keep-it").await;
    page.submit("run").await.misses("Bob is not logged in. Choose a place");
    for (count, (place, takes, cookie)) in (1..).zip([
        ("storage", "yes", "empty"),
        ("readable", "yes", "lab-kept-readable=ey"),
        ("http-only", "no", "empty"),
        ("backend", "no", "empty"),
    ]) {
        page.send(&[("do", "login"), ("place", place)]).await.shows("Bob is logged in for ten minutes.");
        page.replay().await.misses("Run the script first");
        // A token that the visitor brought is no loot of this place.
        page.send(&[("do", "login"), ("place", place)]).await;
        let wrong = if takes == "yes" { "no" } else { "yes" };
        page.run(takes, "").await.misses("both questions");
        assert!(!page.body().contains("What the script read"), "{place}: it would answer the open question");
        page.run(wrong, "yes").await.misses("Look at its loot");
        let stale = place != "readable" && page.body().contains("lab-kept-readable=ey");
        assert!(!stale, "{place}: the login ends the cookies of the other places");
        page.run(takes, "no").await.misses("whose request did the portal see");
        page.run(takes, "").await.misses("both questions");
        page.run(takes, "yes").await.shows("Both predictions are right.").shows(cookie);
        page.shows("The portal answered the script’s request as Bob’s.");
        assert_eq!(page.field("loot").is_empty(), takes == "no", "{place}");
        page.replay().await.shows(&format!("{count} of 4 places done."));
        assert_eq!(page.body().contains("Mallory is logged in as Bob"), takes == "yes", "{place}");
        assert_eq!(page.is_solved(), count == 4, "{place}");
    }
}

#[tokio::test]
async fn a_token_that_expired_or_was_changed_is_never_called_a_success() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "where-to-keep-it").await;
    page.send(&[("do", "login"), ("place", "storage")]).await;
    page.run("yes", "yes").await.shows("Both predictions are right.");
    page.send(&[("do", "replay"), ("loot", "a.b.c")]).await.misses("has expired or is not the one");
    app.advance(601);
    page.replay().await.misses("has expired or is not the one");
    page.send(&[("do", "login"), ("place", "readable")]).await;
    app.advance(601);
    page.run("yes", "yes").await.misses("Bob is not logged in any more");
    page.send(&[("do", "login"), ("place", "http-only")]).await;
    page.run("no", "yes").await.shows("Both predictions are right.");
    let other_tab = page.visitor.page(&page.path()).await;
    assert!(other_tab.contains(">Send a request as Bob</button>"), "the step is there in another tab too");
    page.send(&[("do", "replay"), ("loot", "a.b.c")]).await.shows("1 of 4 places done.").shows("please log in");
}

#[tokio::test]
async fn an_id_that_was_planted_after_the_login_is_said_to_be_there_for_the_next_one() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "session-fixation").await;
    for step in ["get", "login", "plant"] {
        page.step(step).await;
    }
    page.step("use").await.misses("It is planted now: let him log in again.");
    assert!(page.has_button("Log in as Bob"), "{}", page.body());
}

#[tokio::test]
async fn a_logout_of_nobody_is_answered_with_the_button_that_logs_in() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    let before = page.submission("Revoke the token", &[]);
    page.press("Clear the cookie").await;
    page.send(&before).await.misses("Press Log in as Bob first.");
    assert!(page.outcome().contains(">Log in as Bob</button>"), "below the verdict: {}", page.outcome());
}

#[tokio::test]
async fn a_verdict_that_asks_whether_a_newer_token_works_names_the_presses_that_answer_it() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    for step in ["new", "minutes", "steal", "mallory"] {
        page.step(step).await;
    }
    page.step("bob").await.is_step("Press Ten minutes later, and then Refresh as Mallory.");
    page.press("Ten minutes later").await;
    page.press("Refresh as Mallory").await.says("1 of 3 parts done.");
}

#[tokio::test]
async fn what_the_old_portals_check_stands_before_the_form() {
    let app = TestApp::spawn();
    let page = LessonPage::open(&app, "token-of-another-service").await;
    page.shows("Present it to both old portals and to the strict verifier.");
    page.shows("It checks the signature with the school's key set, and the expiry. It does not read aud.");
    page.shows("It fetches the key set from the address in iss.");
}
