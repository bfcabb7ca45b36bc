//! *Log in with a code* over HTTP: the login is done with real redirects, and each attack is made against both
//! programs.

use hallpass::lab::lessons::Lesson;
use reqwest::Method;
use url::Url;

use crate::app::{Answer, TestApp, Visitor};
use crate::html::{between, words};

const PATH: &str = "/lab/lessons/log-in-with-a-code";

/// The redirect URI of an attack that works.
const ADDRESS: &str = "https://grades.school.example.mallory.example/";

async fn press(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    let answer = Answer::to(visitor.request(Method::POST, PATH).header("accept", "text/html").form(fields)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn attack(visitor: &Visitor, attack: &str, target: &str, chosen: &str) -> String {
    let name = if attack == "redirect" { "redirect" } else { "choice" };
    press(visitor, &[("do", target), ("attack", attack), (name, chosen)]).await
}

fn verdict(page: &str) -> String {
    let card = between(page, "role=\"status\">", "</p>").unwrap();
    let text: String = card.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    text.trim().replace("&#39;", "'").replace("&#38;", "&")
}

/// Where the portal sends the browser.
fn follow(page: &str) -> String {
    let tag = page.split("<a ").find(|tag| tag.contains(">Follow the redirect</a>")).unwrap();
    between(tag, "href=\"", "\"").unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

/// The hidden fields of the issuer's login page.
fn fields(page: &str) -> Vec<(String, String)> {
    let tags = page.split("<input type=\"hidden\"").skip(1);
    let value = |tag: &str, name: &str| between(tag, &format!(" {name}=\""), "\"").unwrap().to_owned();
    tags.map(|tag| (value(tag, "name"), value(tag, "value"))).collect()
}

/// Logs in at the issuer, and returns where it sends the browser.
async fn log_in(visitor: &Visitor, address: &str) -> String {
    let page = visitor.page(address).await;
    let request = visitor.request(Method::POST, &format!("{PATH}/login")).form(&fields(&page));
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

/// The page after the callback took what the browser brought.
async fn called_back(visitor: &Visitor, callback: &str) -> String {
    let url = Url::parse(callback).unwrap();
    let answer = Answer::to(visitor.request(Method::GET, &format!("{}?{}", url.path(), url.query().unwrap()))).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    visitor.page(answer.header("location")).await
}

fn parameter(address: &str, name: &str) -> String {
    let url = Url::parse("http://a").unwrap().join(address).unwrap();
    let found = url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("{address} has no {name}"))
}

async fn redeem(visitor: &Visitor, callback: &str) -> String {
    let [code, state, iss] = ["code", "state", "iss"].map(|name| parameter(callback, name));
    press(visitor, &[("do", "redeem"), ("code", &code), ("state", &state), ("iss", &iss)]).await
}

/// A visitor who has done the login.
pub async fn logged_in(app: &TestApp) -> Visitor {
    let visitor = app.visitor();
    let page = press(&visitor, &[("do", "begin")]).await;
    let callback = log_in(&visitor, &follow(&page)).await;
    let page = redeem(&visitor, &callback).await;
    assert!(verdict(&page).contains("1 of 5 parts done"), "{page}");
    visitor
}

async fn has_solved(visitor: &Visitor) -> bool {
    visitor.page(PATH).await.contains("solved</span>")
}

#[tokio::test]
async fn a_login_has_every_parameter_and_every_attack_succeeds_once_and_fails_once() {
    // Also where real accounts are asked for, and where the server's own issuer accepts another address alone.
    for settings in [&[][..], &[("credentials", "users"), ("redirect-uri", "https://app.example/callback")]] {
        let app = TestApp::with(settings);
        let visitor = app.visitor();
        let page = press(&visitor, &[("do", "begin")]).await;
        let address = follow(&page);
        assert_eq!(parameter(&address, "code_challenge_method"), "S256");
        assert_eq!(parameter(&address, "redirect_uri"), format!("{}{PATH}/callback", app.url));
        let callback = log_in(&visitor, &address).await;
        assert_eq!(parameter(&callback, "state"), parameter(&address, "state"));
        let page = called_back(&visitor, &callback).await;
        assert!(verdict(&page).contains("Your browser brought a code to the portal"), "{page}");
        let page = redeem(&visitor, &callback).await;
        assert!(page.contains("code_verifier=") && page.contains("id_token"), "{page}");

        for (name, chosen) in [("state", "callback"), ("code", "nothing"), ("mix-up", "school"), ("redirect", ADDRESS)]
        {
            let page = attack(&visitor, name, "careless", chosen).await;
            assert!(page.contains("verdict-card damage"), "{name}: {page}");
            assert!(!has_solved(&visitor).await);
            let page = attack(&visitor, name, "right", chosen).await;
            assert!(page.contains("verdict-card safe"), "{name}: {page}");
        }
        assert!(has_solved(&visitor).await);
    }
    assert!(Lesson::find("log-in-with-a-code").unwrap().solution.whole.markdown().contains(ADDRESS));
}

#[tokio::test]
async fn what_is_no_attack_gets_a_hint_about_itself() {
    let app = TestApp::spawn();
    let visitor = logged_in(&app).await;
    for (name, chosen, hint) in [
        ("state", "login", "log in as himself there"),
        ("state", "invented", "issuer does not know"),
        ("mix-up", "copy", "That is phishing"),
        ("mix-up", "own", "Whose code does she want"),
        ("redirect", "https://mallory.example/", "does not begin with"),
        ("redirect", "https://grades.school.example/x", "which is not Mallory"),
        ("redirect", "https://grades.school.example/callback", "own address"),
    ] {
        for target in ["careless", "right"] {
            let page = attack(&visitor, name, target, chosen).await;
            assert!(verdict(&page).starts_with("✗ Not yet.") && verdict(&page).contains(hint), "{}", verdict(&page));
        }
    }
    let typed = attack(&visitor, "redirect", "careless", "https://<b>`*").await;
    assert!(!typed.contains("<b>`") && !has_solved(&visitor).await);
    for choice in ["challenge", "own", "nothing"] {
        let page = attack(&visitor, "code", "right", choice).await;
        assert!(page.contains("invalid_grant") && page.contains("verdict-card safe"), "{choice}: {page}");
    }
}

#[tokio::test]
async fn another_login_s_state_or_code_is_not_redeemed() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let first = press(&visitor, &[("do", "begin")]).await;
    let old = log_in(&visitor, &follow(&first)).await;
    let second = press(&visitor, &[("do", "begin")]).await;
    assert_ne!(follow(&first), follow(&second));
    let page = called_back(&visitor, &old).await;
    assert!(verdict(&page).contains("not that of the login which this browser began last"), "{}", verdict(&page));
    let new = log_in(&visitor, &follow(&second)).await;
    let [state, iss] = ["state", "iss"].map(|name| parameter(&new, name));
    let mixed = [("do", "redeem"), ("code", &*parameter(&old, "code")), ("state", &*state), ("iss", &*iss)];
    let page = press(&visitor, &mixed).await;
    assert!(verdict(&page).contains("invalid_grant"), "{}", verdict(&page));

    let stranger = app.visitor();
    let page = called_back(&stranger, &new).await;
    assert!(verdict(&page).contains("This browser began no login"), "{}", verdict(&page));
    let again = redeem(&visitor, &new).await;
    assert!(verdict(&again).contains("1 of 5 parts done"), "{}", verdict(&again));
    assert!(verdict(&redeem(&visitor, &new).await).contains("a code works once"));
}

#[tokio::test]
async fn the_lesson_s_issuer_refuses_what_the_server_s_own_refuses() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let address = follow(&press(&visitor, &[("do", "begin")]).await);
    for (from, to) in [("callback", "callback2"), ("client_id=grade-portal&", "")] {
        let changed = address.replacen(from, to, 1);
        assert_ne!(changed, address);
        assert_eq!(visitor.get(&changed).await.status().as_u16(), 400, "{changed}");
    }
    let changed = visitor.get(&address.replacen("callback", "callback2", 1)).await.text().await.unwrap();
    assert!(changed.contains(&format!("registered only <code>{}{PATH}/callback</code>", app.url)), "{changed}");
    assert!(changed.contains(">Back to the lesson</a>"), "{changed}");
    assert_eq!(visitor.get(&address.replacen("grade-portal", "foo", 1)).await.status().as_u16(), 400);
    let mut other = fields(&visitor.page(&address).await);
    other.iter_mut().filter(|(name, _)| name == "client_id").for_each(|(_, value)| *value = "foo".to_owned());
    let sent = Answer::to(visitor.request(Method::POST, &format!("{PATH}/login")).form(&other)).await;
    assert!(sent.status == 400 && sent.body.contains("names another"), "{}", sent.body);
    let plain = visitor.get(&address.replacen("S256", "plain", 1)).await;
    assert_eq!(plain.status().as_u16(), 303);
    assert!(crate::app::location(&plain).contains("error=invalid_request"));
    assert_eq!(app.visitor().get(&address).await.status().as_u16(), 400, "a browser that began no login");
    let mut changed = fields(&visitor.page(&address).await);
    changed.iter_mut().filter(|(name, _)| name == "code_challenge").for_each(|(_, value)| *value = "a".repeat(43));
    let sent = visitor.request(Method::POST, &format!("{PATH}/login")).form(&changed);
    assert_eq!(Answer::to(sent).await.status, 400, "a code is for the request that the portal made");
}

#[tokio::test]
async fn the_lesson_logs_nobody_in_or_out_of_the_demo_or_the_issuer() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let before = visitor.page("/").await;
    let page = press(&visitor, &[("do", "begin")]).await;
    let login = visitor.page(&follow(&page)).await;
    let request = visitor.request(Method::POST, &format!("{PATH}/login")).form(&fields(&login));
    let answer = Answer::to(request).await;
    assert!(answer.headers.get_all("set-cookie").iter().all(|line| !line.to_str().unwrap().contains("login")));
    redeem(&visitor, answer.header("location")).await;
    assert_eq!(crate::app::token_on(&visitor.page("/").await), crate::app::token_on(&before));
    assert!(visitor.page("/oauth/logout").await.contains("You are logged out"), "the issuer knows no login");
}

#[tokio::test]
async fn the_portal_that_compares_state_asks_no_issuer_about_an_invented_code() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = press(&visitor, &[("do", "begin")]).await;
    let callback = log_in(&visitor, &follow(&page)).await;
    redeem(&visitor, &callback).await;
    let page = attack(&visitor, "state", "right", "invented").await;
    assert!(verdict(&page).contains("This portal refuses the link by its"), "{}", verdict(&page));
    let page = attack(&visitor, "state", "careless", "invented").await;
    assert!(verdict(&page).contains("The issuer does not know that code"), "{}", verdict(&page));
}

#[tokio::test]
async fn a_login_that_another_tab_replaced_is_refused_with_this_reason() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let login = visitor.page(&follow(&press(&visitor, &[("do", "begin")]).await)).await;
    press(&visitor, &[("do", "begin")]).await;
    let answer = Answer::to(visitor.request(Method::POST, &format!("{PATH}/login")).form(&fields(&login))).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("Perhaps you began another login since, in another tab."), "{}", answer.body);
}

#[tokio::test]
async fn an_attack_before_the_login_and_a_button_that_there_is_not_are_told() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = attack(&visitor, "state", "careless", "callback").await;
    assert!(verdict(&page).contains("Finish the login first"), "{}", verdict(&page));
    let page = press(&visitor, &[("do", "redeem")]).await;
    assert!(verdict(&page).contains("The portal has no code yet"), "{}", verdict(&page));
    for fields in [[("do", "solve"), ("attack", "state")], [("do", "right"), ("attack", "all")]] {
        let answer = Answer::to(visitor.request(Method::POST, PATH).form(&fields)).await;
        assert_eq!(answer.status, 400, "{fields:?}");
    }
}

/// The hints of a page, after the button for one was pressed beside these fields.
async fn hints(visitor: &Visitor, fields: &[(&str, &str)]) -> Vec<String> {
    hints_on(&press(visitor, &[fields, &[("step", "hint")]].concat()).await)
}

fn hints_on(page: &str) -> Vec<String> {
    let pieces = page.split("<p class=\"hint\">").skip(1);
    pieces.map(|piece| words(piece.split("</p>").next().unwrap())).collect()
}

#[tokio::test]
async fn the_hints_follow_every_step_of_the_login_and_both_halves_of_every_attack() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let only =
        |hints: Vec<String>, says: &str| assert!(hints.len() == 1 && hints[0].contains(says), "{says}: {hints:?}");
    only(hints(&visitor, &[]).await, "Press Log in with the school.");
    let page = press(&visitor, &[("do", "begin")]).await;
    assert!(hints_on(&page).is_empty());
    only(hints(&visitor, &[]).await, "Press Follow the redirect.");
    let callback = log_in(&visitor, &follow(&page)).await;
    assert!(hints_on(&called_back(&visitor, &callback).await).is_empty());
    let [code, state, iss] = ["code", "state", "iss"].map(|name| parameter(&callback, name));
    let brought = [("code", &*code), ("state", &*state), ("iss", &*iss)];
    only(hints(&visitor, &brought).await, "Press Redeem the code.");
    // A code that came for another login cannot be redeemed, so a login is begun again.
    only(hints(&visitor, &[brought[0], ("state", "other"), brought[2]]).await, "Press Log in with the school.");
    redeem(&visitor, &callback).await;

    for (name, chosen, hint) in [
        ("state", "callback", "the link needs a code that opens it"),
        ("code", "nothing", "What is left to send?"),
        ("mix-up", "school", "Only one issuer gives out such codes"),
        ("redirect", ADDRESS, "A host name can go on after .example"),
    ] {
        only(hints(&visitor, &[("attack", name)]).await, hint);
        let half = attack(&visitor, name, "careless", chosen).await;
        if name == "state" {
            assert!(hints_on(&half).is_empty());
            only(hints(&visitor, &[("attack", name)]).await, "press the other of the two buttons");
        } else {
            only(hints_on(&half), "press the other of the two buttons");
        }
        assert!(hints_on(&attack(&visitor, name, "right", chosen).await).is_empty(), "{name}");
    }
    assert!(has_solved(&visitor).await);
}

#[tokio::test]
async fn nothing_is_chosen_at_first_and_another_code_verifier_cancels_a_try_in_words() {
    let app = TestApp::spawn();
    let visitor = logged_in(&app).await;
    visitor.skip_prediction("log-in-with-a-code").await;
    let page = visitor.page(PATH).await;
    assert!(page.contains("<select id=\"choice\" name=\"choice\"><option value=\"\">choose</option>"), "{page}");
    assert!(!page.contains(" selected>"), "{page}");
    let page = attack(&visitor, "state", "careless", "").await;
    assert!(verdict(&page).contains("Not yet. Nothing is chosen yet. Where does the link lead?"), "{}", verdict(&page));
    for target in ["careless", "right"] {
        attack(&visitor, "state", target, "callback").await;
    }
    let page = attack(&visitor, "code", "careless", "nothing").await;
    assert!(verdict(&page).contains("Step done. Half of this part is done."), "{}", verdict(&page));
    let page = attack(&visitor, "code", "right", "own").await;
    let said = verdict(&page);
    assert!(
        said.contains("Go on. The other issuer got another code verifier, so your try there does not count"),
        "{said}"
    );
    assert!(said.contains("Now press Try it on an issuer without PKCE."), "{said}");
    assert!(
        visitor.page(PATH).await.contains("<option value=\"own\" selected>"),
        "the choice is kept for the other half"
    );
    let page = attack(&visitor, "code", "right", "own").await;
    assert!(verdict(&page).contains("Go on. You have made this try already."), "{}", verdict(&page));
    let page = attack(&visitor, "code", "right", "challenge").await;
    let said = verdict(&page);
    assert!(
        said.contains("Go on. You changed the code verifier. Send the same one to the issuer without PKCE. Half of"),
        "nothing went to the other issuer: {said}"
    );
    assert!(words(&page).contains("She sent the hash. The issuer hashes it again"), "{page}");
    attack(&visitor, "code", "right", "own").await;
    let page = attack(&visitor, "code", "careless", "own").await;
    assert!(verdict(&page).contains("Step done. 3 of 5 parts done."), "{}", verdict(&page));
}

/// What Mallory's link asks for, in the message of an attack.
fn link(page: &str) -> String {
    let text = between(page, "GET https://", "</code>").unwrap();
    format!("https://{}", text.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn both_portals_get_the_same_link_and_differ_in_what_they_compare() {
    let app = TestApp::spawn();
    let visitor = logged_in(&app).await;
    let mut links = Vec::new();
    for target in ["careless", "right"] {
        let page = attack(&visitor, "state", target, "callback").await;
        links.push(link(&page));
    }
    assert_eq!(links[0], links[1]);
    for name in ["code", "state", "iss"] {
        assert!(!parameter(&links[0], name).is_empty());
    }
}

#[tokio::test]
async fn the_link_to_another_redirect_uri_is_a_whole_authorization_request() {
    let app = TestApp::spawn();
    let visitor = logged_in(&app).await;
    let link = link(&attack(&visitor, "redirect", "careless", ADDRESS).await);
    for (name, value) in [("redirect_uri", ADDRESS), ("response_type", "code"), ("code_challenge_method", "S256")] {
        assert_eq!(parameter(&link, name), value);
    }
    assert!(parameter(&link, "code_challenge").len() == 43 && !parameter(&link, "state").is_empty(), "{link}");
}

#[tokio::test]
async fn both_issuers_must_get_the_same_redirect_uri_and_an_empty_field_is_no_try() {
    let app = TestApp::spawn();
    let visitor = logged_in(&app).await;
    visitor.skip_prediction("log-in-with-a-code").await;
    let page = attack(&visitor, "redirect", "careless", " ").await;
    assert!(verdict(&page).contains("The field is empty."), "{}", verdict(&page));
    for (name, chosen) in [("state", "callback"), ("code", "own"), ("mix-up", "school")] {
        for target in ["careless", "right"] {
            attack(&visitor, name, target, chosen).await;
        }
    }
    let other = "https://grades.school.example@mallory.example/";
    attack(&visitor, "redirect", "careless", ADDRESS).await;
    let page = attack(&visitor, "redirect", "right", other).await;
    assert!(verdict(&page).contains("The other issuer got another redirect URI"), "{}", verdict(&page));
    assert!(visitor.page(PATH).await.contains(&format!("value=\"{other}\"")), "it is kept for the other half");
    assert!(!has_solved(&visitor).await);
    attack(&visitor, "redirect", "careless", other).await;
    assert!(has_solved(&visitor).await);
}

#[tokio::test]
async fn the_verdict_on_the_first_step_leads_to_the_parameters_of_the_redirect() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = press(&visitor, &[("do", "begin")]).await;
    let line = between(&page, "role=\"status\">", "</p>").unwrap();
    assert!(line.contains("<a href=\"#parameters\">") && page.contains("<li id=\"parameters\">"), "{line}");
    let page = press(&visitor, &[("do", "begin")]).await;
    assert!(verdict(&page).contains("Go on. Part 1 of 5, step 1 of 3."), "a second begin: {}", verdict(&page));
}

#[tokio::test]
async fn half_of_an_attack_is_called_half_in_the_verdict_and_in_the_list_of_parts() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = press(&visitor, &[("do", "begin")]).await;
    assert!(verdict(&page).contains("Part 1 of 5, step 1 of 3."), "{}", verdict(&page));
    let callback = log_in(&visitor, &follow(&page)).await;
    let page = called_back(&visitor, &callback).await;
    assert!(verdict(&page).contains("Part 1 of 5, step 2 of 3."), "{}", verdict(&page));
    redeem(&visitor, &callback).await;
    let page = attack(&visitor, "state", "careless", "callback").await;
    let said = verdict(&page);
    assert!(said.contains("Half of this part is done. Now press Try it on a portal that compares state."), "{said}");
    assert!(said.contains("1 of 5 parts done."), "{said}");
    let task = words(between(&page, "id=\"do\"", "</form>").unwrap());
    assert!(task.contains("1 of 5 parts done.") && task.contains("A login that Bob did not begin: 1 of 2 tries done"));
    let page = attack(&visitor, "state", "right", "callback").await;
    assert!(verdict(&page).contains("2 of 5 parts done. The next attack: A stolen code."), "{}", verdict(&page));
    assert!(!words(&page).contains("1 of 2 tries done"));
}

#[tokio::test]
async fn a_solved_lesson_can_be_begun_again_and_stays_solved() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = press(&visitor, &[("do", "begin")]).await;
    redeem(&visitor, &log_in(&visitor, &follow(&page)).await).await;
    for (name, chosen) in [("state", "callback"), ("code", "nothing"), ("mix-up", "school"), ("redirect", ADDRESS)] {
        attack(&visitor, name, "careless", chosen).await;
        attack(&visitor, name, "right", chosen).await;
    }
    assert!(visitor.page(PATH).await.contains(">Begin this lesson again</button>"));
    let page = press(&visitor, &[("do", "again")]).await;
    assert!(page.contains("0 of 5 parts done.") && page.contains(">Log in with the school</button>"), "{page}");
    assert!(has_solved(&visitor).await);
}
