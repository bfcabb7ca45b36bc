//! The lab as a visitor walks through it: every attack by its button, and lessons clicked and typed as their solutions
//! say.
//!
//! What is typed and pressed is read off the solution's own text, so a solution cannot promise what its page lacks.

use hallpass::lab::attacks::Attack;
use hallpass::lab::lessons::{LESSONS, Lesson};

use super::visit::{Browser, Script, Visit};
use super::with_and_without_script;

/// The way on at the foot of a page; the last attack has none.
const ONWARD: &str = ".onward .button";

#[tokio::test]
async fn every_attack_is_tried_by_its_button_and_the_code_that_its_page_announces_answers() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.open("/generate").await;
    visit.follow("Lab").await;
    visit.follow("The attack gallery").await;
    visit.send(".attacks a").await;
    let mut walked = Vec::new();
    loop {
        let slug = visit.last_of_address().await;
        let attack = Attack::find(&slug).unwrap();
        let announced = visit.text(".attributes div:nth-child(3) code").await;
        assert_eq!(announced, attack.expected.as_str(), "{slug}");
        visit.send("button[value=forge]").await;
        assert_eq!(
            visit.text("[aria-labelledby=verdicts] .intro").await,
            format!("✓ As announced: {announced}."),
            "{slug}"
        );
        assert_eq!(visit.text(".said code").await, announced, "{slug}");
        assert!(!visit.text(".naive").await.is_empty(), "{slug}");
        assert!(visit.text(".kicker").await.ends_with("✓ tried"), "{slug}");
        walked.push(slug);
        if visit.count(ONWARD).await == 0 {
            break;
        }
        visit.send(ONWARD).await;
    }
    assert_eq!(walked, Attack::all().map(|attack| attack.slug).collect::<Vec<_>>());

    visit.follow("All attacks").await;
    assert_eq!(visit.count(".attacks .done").await, walked.len());
    let rows = Attack::rows();
    assert!(visit.text(".aside").await.starts_with(&format!("You have tried {rows} of the {rows} rows.")));
    visit.open("/").await;
    visit.follow("Show details").await;
    assert_eq!(visit.result().await, "bob", "the session's own token, after all of them");
    visit.end().await;
}

#[tokio::test]
async fn a_forgery_in_the_session_is_judged_by_show_details_and_the_page_says_with_whose_keys() {
    with_and_without_script(async |visit| {
        let is_of_lab = "This token was put here by the lab and is judged with ";
        for (slug, result, standing, keys) in [
            (
                "alg-none",
                "Invalid token",
                "✗ Refused. The server refuses your token (alg_not_allowed)",
                "the demo’s own keys",
            ),
            (
                "claim-injection",
                "Invalid token",
                "✗ Refused. The server refuses your token (bad_signature)",
                "the demo’s own keys",
            ),
            ("claim-injection-signed", "mallory", "✓ Verified.", "the lab’s keys"),
        ] {
            visit.open("/generate").await;
            visit.open(&format!("/lab/attacks/{slug}")).await;
            visit.press_button("Put it into my session").await;
            for _ in ["as the button leads there", "as Show details asks again"] {
                assert_eq!(visit.result().await, result, "{slug}");
                let said = visit.text(".standing").await;
                assert!(said.starts_with(standing), "{slug}: {said}");
                let told = visit.texts(".note").await;
                let note = told.iter().find_map(|it| it.strip_prefix(is_of_lab)).unwrap_or_default();
                assert!(note.starts_with(keys), "{slug}: {told:?}");
                visit.follow("Show details").await;
            }
        }
        visit.follow("Get token").await;
        visit.follow("Show details").await;
        assert_eq!((visit.result().await.as_str(), visit.count(".note").await), ("bob", 0));
    })
    .await;
}

#[tokio::test]
async fn the_lab_remembers_how_far_a_visitor_came_until_it_is_reset() {
    with_and_without_script(async |visit| {
        visit.open("/generate").await;
        visit.follow("Lab").await;
        assert_eq!((visit.count(".progress").await, visit.count(".lessons .passed").await), (0, 0));
        visit.follow("Start with: Anatomy of a token").await;
        visit.solve_anatomy().await;
        assert_eq!(visit.text(ONWARD).await, "Next: What Set-Cookie said");
        visit.open("/lab/attacks/alg-none").await;
        visit.send("button[value=forge]").await;

        visit.follow("Lab").await;
        let told = visit.text("#progress").await;
        let (lessons, rows) = (LESSONS.len(), Attack::rows());
        let expected = format!("1 of {lessons} lessons solved, 1 of {rows} rows of the gallery tried.");
        assert!(told.starts_with(&expected), "{told}");
        assert!(visit.text(".lessons .passed").await.contains("Anatomy of a token"));
        assert_eq!(visit.text(".opening .primary").await, "Go on with: What Set-Cookie said");

        visit.press_button("Reset my progress").await;
        assert_eq!((visit.count(".progress").await, visit.count(".lessons .passed").await), (0, 0));
        visit.open("/lab/lessons/anatomy").await;
        assert!(!visit.is_solved().await);
        visit.open("/validate").await;
        assert_eq!(visit.result().await, "bob", "the token stays");
    })
    .await;
}

#[tokio::test]
async fn anatomy_is_solved_on_the_bench() {
    with_and_without_script(async |visit| {
        visit.open_lesson("anatomy").await;
        visit.solve_anatomy().await;
    })
    .await;
}

#[tokio::test]
async fn the_line_of_set_cookie_is_read_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [set, script, form, end, wire, hosts, check] = visit.begin("set-cookie").await;
        visit.press_button(set).await;
        let field = [
            "What keeps scripts",
            "What keeps it off",
            "What lets it end",
            "What lets plain http",
            "What keeps it from",
        ];
        for (label, option) in field.into_iter().zip([script, form, end, wire, hosts]) {
            let option = if ["Max-Age", "Secure", "Domain"].contains(&option) {
                format!("no {option}")
            } else {
                option.to_owned()
            };
            visit.take(label, &option).await;
        }
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_is_tampered_with_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [payload, send] = visit.begin("tamper").await;
        visit.type_in("#payload", payload).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".outcome .failed").await.contains("bad_signature"));
    })
    .await;
}

#[tokio::test]
async fn a_token_without_a_signature_fools_the_naive_verifier_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [header, payload, send] = visit.begin("none").await;
        visit.type_in("#header", header).await;
        visit.type_in("#payload", payload).await;
        visit.type_in("#signature", "").await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts").await.contains("alg_not_allowed"));
    })
    .await;
}

#[tokio::test]
async fn a_public_key_is_taken_for_a_secret_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [algorithm, key, send] = visit.begin("key-confusion").await;
        visit.take("The algorithm that the header names", algorithm).await;
        visit.take("The key of the HMAC", key).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts").await.contains("alg_not_allowed"));
    })
    .await;
}

#[tokio::test]
async fn a_header_leads_to_an_empty_key_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [member, path, key, send] = visit.begin("keys-in-the-header").await;
        visit.take("The header member", member).await;
        visit.type_in("#value", path).await;
        visit.take("What the token is signed with", key).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts").await.contains("unknown_kid"));
    })
    .await;
}

#[tokio::test]
async fn who_can_forge_under_which_algorithm_is_ticked_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [issuer, service, other_issuer, check] = visit.begin("hs256-or-rs256").await;
        for (legend, party) in [("Under HS256", issuer), ("Under HS256", service), ("Under RS256", other_issuer)] {
            visit.choose_in(legend, party).await;
        }
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_weak_secret_is_guessed_and_signs_for_the_teacher_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [guess, secret, name, sub, sign] = visit.begin("weak-secret").await;
        visit.press_button(guess).await;
        let word = visit.text(".found").await;
        visit.write(secret, &word).await;
        visit.write(sub, name).await;
        visit.press_button(sign).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn three_logouts_are_told_apart_by_replays_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let buttons: [&str; 12] = visit.begin("logout").await;
        for button in buttons {
            assert!(!visit.is_solved().await, "before {button}");
            visit.press_button(button).await;
        }
        visit.assert_solved().await;
        let table = visit.text(".outcome table").await;
        for said in ["✗ still accepted", "✓ refused: revoked", "✓ refused: unknown_kid"] {
            assert!(table.contains(said), "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_replaced_without_refusing_a_live_token_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [life, issue, publish, sign, again, retire] = visit.begin("rotation").await;
        visit.choose_in("How long a token lives", life).await;
        for button in [issue, publish, sign, again] {
            visit.press_button(button).await;
        }
        visit.app.advance(6);
        visit.press_button(retire).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn five_cases_are_judged_right_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [session, jwt, opaque, remember, services, judge] = visit.begin("need-a-jwt").await;
        assert_eq!(remember, "remember me");
        let cases = ["The shop", "Two companies", "The download", "Remember me", "Microservices"];
        for (case, carrier) in cases.into_iter().zip([session, jwt, opaque, opaque, services]) {
            visit.choose_in(case, carrier).await;
        }
        visit.press_button(judge).await;
        visit.assert_solved().await;
    })
    .await;
}

/// What a lesson's solution marks as code or as a button, in its order.
fn said_by_solution<const N: usize>(slug: &str) -> [&'static str; N] {
    let solution = Lesson::find(slug).unwrap().solution.markdown();
    let marked: Vec<&str> = solution.split(['`', '*']).skip(1).step_by(2).collect();
    marked.try_into().unwrap_or_else(|other| panic!("the solution of {slug} marks {other:?}"))
}

impl Visit {
    /// Opens a lesson, and reads its solution.
    async fn begin<const N: usize>(&self, slug: &str) -> [&'static str; N] {
        self.open_lesson(slug).await;
        assert!(!self.is_solved().await);
        said_by_solution(slug)
    }

    async fn assert_solved(&self) {
        assert!(self.is_solved().await, "{}", self.text("main").await);
        assert!(self.text("#why").await.contains("Why"));
    }

    /// From its page on.
    async fn solve_anatomy(&self) {
        let [decode, _, _, check] = said_by_solution("anatomy");
        self.press_button(decode).await;
        let payload = self.text(".token-part.payload pre").await;
        let claims: serde_json::Value = serde_json::from_str(&payload).unwrap();
        self.follow_to_next_page(self.driver.back()).await;
        self.type_in("#sub", claims["sub"].as_str().unwrap()).await;
        self.press_button(check).await;
        self.assert_solved().await;
    }

    async fn last_of_address(&self) -> String {
        let address = self.driver.current_url().await.unwrap();
        address.path_segments().unwrap().next_back().unwrap().to_owned()
    }

    /// Takes the option that begins so from the list whose label begins so.
    async fn take(&self, label: &str, option: &str) {
        let list = format!("//select[@id=//label[starts-with(normalize-space(), \"{label}\")]/@for]");
        let option = format!("{list}/option[starts-with(normalize-space(), \"{option}\")]");
        self.find_by(&option).await.click().await.unwrap();
    }

    /// Ticks what reads so under this legend.
    async fn choose_in(&self, legend: &str, label: &str) {
        let group = format!("//fieldset[contains(legend, \"{legend}\")]");
        let input = self.find_by(&format!("{group}//label[normalize-space()=\"{label}\"]/input")).await;
        // A browser that has not painted the page yet ignores a click, and the visitor clicks again.
        let mut clicks = 0;
        while !input.is_selected().await.unwrap() {
            assert!(clicks < 10, "{label} under {legend} is not ticked after {clicks} clicks");
            input.click().await.unwrap();
            clicks += 1;
        }
    }

    /// Replaces what stands in the field that its label holds.
    async fn write(&self, label: &str, text: &str) {
        let field = self.find_by(&format!("//label[normalize-space(text()[1])=\"{label}\"]/input")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
}
