//! The lab as a visitor walks through it: every attack by its button, and lessons clicked and typed as their solutions
//! say.
//!
//! What is typed and pressed is read off the solution's own text, so a solution cannot promise what its page lacks.

use std::time::Duration;

use hallpass::lab::attacks::Attack;
use hallpass::lab::lessons::{LESSONS, Lesson};
use serde_json::json;
use thirtyfour::Key;
use tokio::time::sleep;

use super::visit::{Browser, Script, Visit};
use super::{with_and_without_script, with_and_without_script_and_back};

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
        assert_eq!(visit.text("[aria-labelledby=why] .intro").await, format!("✓ As expected: {announced}."), "{slug}");
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
    let told = format!("You have tried {rows} of the {rows} kinds of attack.");
    assert!(visit.text(".aside").await.starts_with(&told));
    visit.open("/").await;
    visit.follow("Show details").await;
    assert_eq!(visit.result().await, "bob", "the session's own token, after all of them");
    visit.end().await;
}

#[tokio::test]
async fn the_way_back_shows_each_verdict_again_and_a_reload_sends_nothing() {
    with_and_without_script_and_back(async |visit| {
        visit.open("/generate").await;
        visit.open_lesson("tamper").await;
        visit.press_button("Skip").await;
        let mut seen = Vec::new();
        visit.type_in("#payload", r#"{"sub":"admin"}"#).await;
        for label in ["Send it with the old signature", "Change a middle character"] {
            visit.press_button(label).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
            seen.push(visit.text(".outcome").await);
        }
        assert_ne!(seen[0], seen[1]);
        visit.open("/lab/glossary").await;
        for verdict in seen.iter().rev() {
            visit.follow_to_next_page(visit.driver.back()).await;
            assert_eq!(&visit.text(".outcome").await, verdict);
            visit.follow_to_next_page(visit.driver.refresh()).await;
            assert_eq!(&visit.text(".outcome").await, verdict);
        }
        visit.follow_to_next_page(visit.driver.forward()).await;
        assert_eq!(visit.text(".outcome").await, seen[1]);
    })
    .await;
}

/// What of the answer to a press can be seen only by scrolling.
const OUT_OF_VIEW: &str =
    "['#verdict', '.verdict-card', '.verdict-card + .verdict-card', '.outcome .actions .button'].filter((place) => {
        const box = document.querySelector(place).getBoundingClientRect();
        return box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth + 1;
    })";

#[tokio::test]
async fn after_a_press_the_verdict_of_an_attack_and_the_way_on_are_in_view() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.open("/generate?ttl=3600").await;
    for (width, height) in [(1280, 800), (390, 844)] {
        visit.resize_to(width, height).await;
        for attack in Attack::all() {
            visit.open(&format!("/lab/attacks/{}", attack.slug)).await;
            visit.send("button[value=forge]").await;
            let name = format!("{} at {width} by {height}", attack.slug);
            assert_eq!(visit.count(".verdict-card").await, 2, "{name}");
            assert_eq!(visit.eval(OUT_OF_VIEW).await, json!([]), "{name}");
        }
    }
    visit.end().await;
}

#[tokio::test]
async fn the_gallery_is_filtered_by_its_form() {
    with_and_without_script(async |visit| {
        visit.open("/lab/attacks").await;
        visit.pick("check", "signature").await;
        visit.pick("changed", "claim").await;
        visit.press_button("Filter").await;
        let fits =
            |attack: &&Attack| attack.expected.as_str() == "bad_signature" && attack.changed_parts.contains(&"claim");
        let (fitting, all) = (Attack::all().filter(fits).count(), Attack::all().count());
        assert_eq!(visit.text(".shown").await, format!("{fitting} of {all} shown"));
        assert_eq!(visit.count(".attacks li").await, fitting);
        visit.follow("Show all").await;
        assert_eq!(visit.count(".attacks li").await, all);
    })
    .await;
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
            ("claim-injection-signed", "admin", "✓ Verified.", "the lab’s keys"),
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
    with_and_without_script_and_back(async |visit| {
        visit.open("/generate").await;
        visit.follow("Lab").await;
        assert_eq!((visit.count(".progress").await, visit.count(".lessons .passed").await), (0, 0));
        visit.follow("Start here").await;
        let _: [&str; 5] = visit.begin("start-here").await;
        visit.solve_start_here().await;
        assert_eq!(visit.text(ONWARD).await, "Next: Anatomy of a token");
        visit.open("/lab/attacks/alg-none").await;
        visit.send("button[value=forge]").await;

        visit.follow("Lab").await;
        let told = visit.text("#progress").await;
        let (lessons, rows) = (LESSONS.len(), Attack::rows());
        let expected = format!(
            "You solved 1 of {lessons} (Start here and {} lessons), and tried 1 of {rows} kinds of attack.",
            lessons - 1
        );
        assert!(told.starts_with(&expected), "{told}");
        assert!(visit.text(".lessons .passed").await.contains("Start here"));
        assert_eq!(visit.text(".opening .primary").await, "Go on with: Anatomy of a token");

        visit.find_by("//summary[normalize-space()='Reset my progress']").await.click().await.unwrap();
        visit.press_button("Reset my progress").await;
        assert_eq!((visit.count(".progress").await, visit.count(".lessons .passed").await), (0, 0));
        visit.open("/lab/lessons/start-here").await;
        assert!(!visit.is_solved().await);
        visit.open("/validate").await;
        assert_eq!(visit.result().await, "bob", "the token stays");
    })
    .await;
}

#[tokio::test]
async fn start_here_is_solved_with_a_token_of_the_demo() {
    with_and_without_script_and_back(async |visit| {
        let _: [&str; 5] = visit.begin("start-here").await;
        visit.press_button("Look into my session").await;
        assert!(visit.text(".verdict-card").await.contains("Your session holds no token"));
        visit.assert_in_view(".verdict-card").await;
        visit.solve_start_here().await;
    })
    .await;
}

#[tokio::test]
async fn anatomy_is_solved_on_the_bench() {
    with_and_without_script_and_back(async |visit| {
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
        visit.assert_in_view(".verdict-card").await;
        visit.assert_in_view("#script").await;
        let field = ["keeps scripts", "keeps it out of", "makes it end", "lets it go over plain", "keeps it from"];
        for (label, option) in field.into_iter().zip([script, form, end, wire, hosts]) {
            visit.take(label, option).await;
        }
        visit.take("keeps it out of", "Path=").await;
        visit.press_button(check).await;
        visit.assert_in_view(".verdict-card").await;
        assert!(visit.text(".verdict-card").await.starts_with("✗ Not yet. 4 of 5 parts done."));
        visit.take("keeps it out of", form).await;
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_script_reaches_is_reported_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [set, plain, storage, http_only, plain_again, check] = visit.begin("script-reach").await;
        visit.press_button(set).await;
        visit.assert_in_view(".verdict-card").await;
        visit.assert_in_view("[name=read-lab-httponly]").await;
        for label in [plain, storage] {
            visit.choose_in("What can a script read", label).await;
        }
        visit.press_button(check).await;
        visit.assert_in_view(".verdict-card").await;
        assert!(visit.text(".verdict-card").await.starts_with("✗ Not yet. 1 of 2 parts done."));
        for label in [http_only, plain_again] {
            visit.choose_in("What arrives", label).await;
        }
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn two_clocks_disagree_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [cookie, token, set, send, short, long, set_again, send_again] = visit.begin("two-clocks").await;
        visit.press_button(set).await;
        visit.press_button(send).await;
        visit.assert_in_view(".verdict-card").await;
        assert!(visit.text(".verdict-card").await.starts_with("✗ Not yet. Both clocks still run"));
        visit.take("The cookie’s Max-Age", cookie).await;
        visit.take("The token’s life", token).await;
        visit.press_button(set).await;
        visit.assert_in_view(".verdict-card").await;
        visit.assert_in_view(".steps li:last-child button").await;
        visit.press_button(send).await;
        assert!(visit.text(".verdict-card").await.contains("1 of 2 parts done"));
        assert_eq!(visit.eval("document.querySelector('#token-life').value").await, "expired", "what was chosen stays");
        visit.take("The cookie’s Max-Age", short).await;
        visit.take("The token’s life", long).await;
        visit.press_button(set_again).await;
        while visit.driver.get_all_cookies().await.unwrap().iter().any(|cookie| cookie.name == "lab-clocks") {
            sleep(Duration::from_millis(100)).await;
        }
        // The server's clock stands still in tests.
        visit.app.advance(5);
        visit.press_button(send_again).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_is_tampered_with_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [payload, send, middle, last] = visit.begin("tamper").await;
        visit.type_in("#payload", payload).await;
        visit.press_button(send).await;
        assert!(visit.text(".verdicts .damage").await.contains("Mallory is Admin now"));
        assert!(visit.text(".verdicts .safe").await.contains("bad_signature"));
        visit.press_button(middle).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        assert!(!visit.is_solved().await);
        visit.press_button(last).await;
        visit.assert_solved().await;
        assert_eq!(visit.eval("document.querySelector('#payload').value").await, payload, "what was typed stays");
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
        let [header, payload, secret, send] = visit.begin("key-confusion").await;
        visit.type_in("#header", header).await;
        visit.type_in("#payload", payload).await;
        visit.take("The lab computes an HMAC", secret).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts .damage").await.contains("Mallory is Admin now"));
        assert!(visit.text(".verdicts .safe").await.contains("alg_not_allowed"));
    })
    .await;
}

#[tokio::test]
async fn a_public_key_is_recovered_from_two_tokens_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [copy, exponent, compute, file, send] = visit.begin("recover-the-public-key").await;
        for next in ["copy", "compute"] {
            visit.press_button(copy).await;
            visit.assert_goes_on().await;
            visit.assert_in_view(&format!(".next-step button[value={next}]")).await;
        }
        visit.take("The exponent", "3").await;
        visit.press_button(compute).await;
        visit.assert_not_yet("3 is not the exponent").await;
        visit.assert_goes_on().await;
        visit.take("The exponent", exponent).await;
        visit.press_button(compute).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        visit.press_button(send).await;
        visit.assert_not_yet("One RSA key has two usual PEM forms").await;
        visit.take("The file", file).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts .damage").await.contains("Mallory is Admin now"));
        assert!(visit.text(".verdicts .safe").await.contains("alg_not_allowed"));
    })
    .await;
}

#[tokio::test]
async fn a_header_leads_to_an_empty_key_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [member, path, key, send] = visit.begin("keys-in-the-header").await;
        // A secret that does not fit, and Enter in its field, which presses that form's own button.
        visit.take("Choose the header member", member).await;
        visit.type_in("#value", path).await;
        visit.take("Choose the key", "a secret of my own").await;
        visit.type_in("#secret", "x").await;
        visit.enter("#secret").await;
        visit.assert_not_yet("So the key is empty too").await;
        visit.take("Choose the key", key).await;
        visit.press_button(send).await;
        visit.assert_solved().await;
        assert!(visit.text(".verdicts").await.contains("unknown_kid"));
    })
    .await;
}

#[tokio::test]
async fn who_can_forge_under_which_algorithm_is_ticked_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [measure, verify, public, secret, portal, library, other_portal, check] =
            visit.begin("hs256-or-rs256").await;
        visit.press_button(measure).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        let key = visit.text("pre.card").await;
        visit.type_in("#key", &key).await;
        visit.press_button(verify).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        visit.press_button(public).await;
        assert!(visit.text(".outcome").await.contains("Blocked"));
        visit.press_button(secret).await;
        assert!(visit.text(".outcome .damage").await.contains("Accepted"));
        let check_box = visit.find_by("//input[@name='hs256-reader']").await;
        visit.follow_to_next_page(check_box.send_keys(Key::Enter + "")).await;
        let verdict = visit.text("#verdict + .verdict-card").await;
        assert!(verdict.contains("You ticked nothing."), "Enter presses the button of its step: {verdict}");
        for (legend, party) in [("Under HS256", portal), ("Under HS256", library), ("Under RS256", other_portal)] {
            visit.choose_in(legend, party).await;
        }
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_weak_secret_is_guessed_and_signs_for_admin_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [guess, secret, name, sub, sign] = visit.begin("weak-secret").await;
        visit.press_button(guess).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        let word = visit.text(".found").await;
        visit.fill(secret, &word).await;
        visit.fill(sub, "bob").await;
        visit.enter("#sub").await;
        visit.assert_not_yet("accepts the token, for bob").await;
        visit.fill(sub, name).await;
        visit.press_button(sign).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_of_the_shop_and_one_of_her_own_issuer_make_mallory_admin_until_the_portal_checks_both() {
    with_and_without_script(async |visit| {
        let [school, shop, admin, present, own, portal, same, again, issuer_is, audience_is, try_four] =
            visit.begin("token-of-another-service").await;
        visit.press_button(present).await;
        visit.assert_not_yet("both portals let Mallory in, as a pupil").await;
        visit.take("Issuer", own).await;
        visit.press_button(present).await;
        visit.assert_not_yet("one portal believes your own issuer").await;
        assert!(visit.text(".verdicts .damage").await.contains("although Mallory signed it herself"));
        for (issuer, audience, role, button) in [(school, shop, admin, present), (own, portal, same, again)] {
            visit.take("Issuer", issuer).await;
            visit.take("Audience", audience).await;
            visit.take("Role", role).await;
            visit.press_button(button).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
            assert!(visit.text(".verdicts .damage").await.contains("Mallory is Admin now"));
        }
        visit.choose_in("Further checks", audience_is).await;
        visit.press_button(try_four).await;
        visit.assert_not_yet("Mallory's own issuer still makes her Admin").await;
        visit.choose_in("Further checks", issuer_is).await;
        visit.press_button(try_four).await;
        visit.assert_solved().await;
        assert_eq!(visit.eval("document.querySelector('#issuer').value").await, "own", "what was chosen stays");
    })
    .await;
}

#[tokio::test]
async fn a_stolen_refresh_token_is_played_in_three_rounds_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let buttons: [&str; 19] = visit.begin("stay-logged-in").await;
        for button in buttons {
            assert!(!visit.is_solved().await, "before {button}");
            visit.press_button(button).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
            visit.assert_goes_on().await;
        }
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_tied_to_a_key_is_stolen_in_vain_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [bob, none, send, own, _, copy, _, messages, _, grades, later, _, script, _] =
            visit.begin("tied-to-you").await;
        visit.press_button(bob).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        let steps: [&[(&str, &str)]; 6] = [
            &[("Proof", none)],
            &[("Proof", own)],
            &[("Proof", copy)],
            &[("Request", messages)],
            &[("Request", grades), ("When", later)],
            &[("Proof", script)],
        ];
        for choices in steps {
            assert!(!visit.is_solved().await, "before {choices:?}");
            for (list, option) in choices {
                visit.take(list, option).await;
            }
            visit.press_button(send).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
        }
        visit.assert_solved().await;
        assert!(visit.text(".outcome .damage").await.contains("Mallory acts as Bob"));
    })
    .await;
}

#[tokio::test]
async fn a_login_with_a_code_and_four_attacks_on_it_go_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [begin, follow, log_in, redeem, attacks @ ..]: [&str; 16] = visit.begin("log-in-with-a-code").await;
        let [state, first, second, code, third, fourth, mix_up, fifth, sixth, address, seventh, eighth] = attacks;
        visit.press_button(begin).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        visit.assert_in_view(".next-step .button").await;
        visit.follow(follow).await;
        visit.press_button(log_in).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        visit.assert_in_view("button[value=redeem]").await;
        visit.press_button(redeem).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        for (label, option, buttons) in [
            ("Where does the link lead", state, [first, second]),
            ("What does she send", code, [third, fourth]),
            ("Where does the homework site", mix_up, [fifth, sixth]),
        ] {
            for (button, class) in buttons.into_iter().zip([".damage", ".safe"]) {
                visit.take(label, option).await;
                visit.press_button(button).await;
                visit.assert_in_view("#verdict + .verdict-card > p").await;
                visit.assert_in_view("button[value=right]").await;
                assert_eq!(visit.count(&format!(".outcome {class}")).await, 1, "{button}");
            }
        }
        for button in [seventh, eighth] {
            visit.type_in("#redirect", address).await;
            visit.press_button(button).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
        }
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
            visit.assert_goes_on().await;
        }
        visit.assert_solved().await;
        let table = visit.text(".outcome table").await;
        for said in ["! still accepted", "✓ refused: revoked", "✓ refused: unknown_kid"] {
            assert!(table.contains(said), "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_replaced_without_refusing_a_live_token_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [life, issue, publish, fetch, sign, again, retire, fetch_again] = visit.begin("rotation").await;
        visit.choose_in("How long a token lives", life).await;
        for button in [issue, publish, fetch, sign, again] {
            visit.press_button(button).await;
            visit.assert_goes_on().await;
        }
        visit.app.advance(6);
        visit.press_button(retire).await;
        visit.assert_goes_on().await;
        visit.press_button(fetch_again).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn five_services_are_decided_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let said: [&str; 15] = visit.begin("need-a-jwt").await;
        for answer in said.chunks(3) {
            visit.choose_in("What does the client carry?", answer[0]).await;
            visit.choose_in("Why?", answer[1]).await;
            visit.press_button(answer[2]).await;
        }
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn the_browser_drops_what_is_over_4096_bytes_of_name_and_value_and_keeps_what_it_had() {
    with_and_without_script(async |visit| {
        let [small, set, large, _, _, with, _, no, check] = visit.begin("size-limit").await;
        for (size, said) in [(small, "The same cookie came back"), (large, "Another cookie came back: one of")] {
            visit.type_in("#size", size).await;
            visit.press_button(set).await;
            let outcome = visit.text(".outcome").await;
            assert!(outcome.contains(said), "{size}: {outcome}");
        }
        // The second part's form is on the page now, and measures the limit to the byte.
        for (size, kept) in [("4096", true), ("4098", false)] {
            visit.type_in("#size", size).await;
            visit.press_button(set).await;
            let outcome = visit.text(".outcome").await;
            assert_eq!(outcome.contains("The same cookie came back"), kept, "{size}: {outcome}");
        }
        visit.type_in("#size", small).await;
        visit.choose_in("Attributes", with).await;
        visit.press_button(set).await;
        visit.choose_in("Does your browser count the attributes?", no).await;
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

/// What a lesson's solution marks as code or as a button, in its order.
fn said_by_solution<const N: usize>(slug: &str) -> [&'static str; N] {
    let solution = Lesson::find(slug).unwrap().solution.whole.markdown();
    let marked: Vec<&str> = solution.split(['`', '*']).skip(1).step_by(2).collect();
    marked.try_into().unwrap_or_else(|other| panic!("the solution of {slug} marks {other:?}"))
}

impl Visit {
    /// Opens a lesson, skips its prediction, and reads its solution. A visitor without script has a phone.
    pub(super) async fn begin<const N: usize>(&self, slug: &str) -> [&'static str; N] {
        match self.script {
            Script::On => self.resize_to(1280, 800).await,
            Script::Off => self.resize_to(390, 844).await,
        }
        self.open_lesson(slug).await;
        assert!(!self.is_solved().await);
        self.press_button("Skip").await;
        said_by_solution(slug)
    }

    /// The lesson is solved, and after the press the verdict's first lines and the way on are on the screen.
    pub(super) async fn assert_solved(&self) {
        assert!(self.is_solved().await, "{}", self.text("main").await);
        assert!(self.text("#verdict + .verdict-card").await.starts_with("✓ Solved."));
        self.assert_in_view("#verdict + .verdict-card > p").await;
        assert!(self.text("#why").await.contains("Why"));
    }

    /// The verdict and the whole next step are on the screen, unless the lesson is solved.
    pub(super) async fn assert_goes_on(&self) {
        self.assert_in_view("#verdict + .verdict-card > p").await;
        if !self.is_solved().await {
            self.assert_in_view(".next-step").await;
        }
    }

    pub async fn assert_in_view(&self, css: &str) {
        let place = format!(
            "(() => {{ const it = document.querySelector('{css}').getBoundingClientRect(); \
             return [it.top, it.bottom, innerHeight]; }})()"
        );
        let place = self.eval(&place).await;
        let [top, bottom, height] = [0, 1, 2].map(|index| place[index].as_f64().unwrap());
        assert!(top >= 0.0 && bottom <= height, "{css} is at {top} to {bottom} of {height}");
    }

    /// From its page on, with the task in view.
    async fn solve_start_here(&self) {
        let [demo, get, claim, look, check] = said_by_solution("start-here");
        self.follow(demo).await;
        self.follow(get).await;
        let payload = self.text(".token-part.payload pre").await;
        let claims: serde_json::Value = serde_json::from_str(&payload).unwrap();
        let expiry = claims[claim].to_string();
        for _ in ["the demo's first page", "the lesson"] {
            self.follow_to_next_page(self.driver.back()).await;
        }
        self.press_button(look).await;
        self.assert_in_view(".verdict-card").await;
        self.assert_in_view("#exp").await;
        self.type_in("#exp", "60").await;
        self.press_button(check).await;
        assert_eq!(self.eval("document.querySelector('#exp').value").await, "60", "what was typed stays");
        self.assert_in_view(".verdict-card").await;
        self.assert_in_view("#exp").await;
        self.type_in("#exp", &expiry).await;
        self.press_button(check).await;
        self.assert_solved().await;
    }

    /// From its page on.
    async fn solve_anatomy(&self) {
        self.press_button("Skip").await;
        let [decode, sub, alg, check] = said_by_solution("anatomy");
        let [payload, header] = self.decoded_in_new_tab(decode).await;
        self.type_in("#sub", payload[sub].as_str().unwrap()).await;
        self.press_button(check).await;
        self.assert_in_view("#verdict + .verdict-card > p").await;
        assert!(self.text(".verdict-card").await.starts_with("→ Step done. 1 of 2 parts done."));
        // The bench a second time, from a page that answers a form: nothing that was typed is lost.
        assert_eq!(self.decoded_in_new_tab(decode).await, [payload, header.clone()]);
        self.type_in("#alg", header[alg].as_str().unwrap()).await;
        self.press_button(check).await;
        self.assert_solved().await;
    }

    /// The payload and the header that the bench shows in the tab which this button opens. The tab is closed again.
    async fn decoded_in_new_tab(&self, button: &str) -> [serde_json::Value; 2] {
        let lesson = self.driver.window().await.unwrap();
        self.find_by(&format!("//button[normalize-space()=\"{button}\"]")).await.click().await.unwrap();
        let bench = loop {
            let others = self.driver.windows().await.unwrap();
            match others.into_iter().find(|window| *window != lesson) {
                Some(bench) => break bench,
                None => sleep(Duration::from_millis(50)).await,
            }
        };
        self.driver.switch_to_window(bench).await.unwrap();
        let payload = serde_json::from_str(&self.text(".token-part.payload pre").await).unwrap();
        let header = serde_json::from_str(&self.text(".token-part.header pre").await).unwrap();
        self.driver.close_window().await.unwrap();
        self.driver.switch_to_window(lesson).await.unwrap();
        [payload, header]
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
    pub(super) async fn choose_in(&self, legend: &str, label: &str) {
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

    /// The verdict is this hint, on the screen, and the lesson is not solved.
    pub(super) async fn assert_not_yet(&self, hint: &str) {
        let said = self.text("#verdict + .verdict-card").await;
        assert!(said.starts_with("✗ Not yet.") && said.contains(hint), "{hint}: {said}");
        self.assert_in_view("#verdict + .verdict-card > p").await;
        assert!(!self.is_solved().await);
    }

    /// Presses Enter in a field.
    async fn enter(&self, css: &str) {
        let field = self.driver.find(thirtyfour::By::Css(css)).await.unwrap();
        self.follow_to_next_page(field.send_keys(thirtyfour::Key::Enter + "")).await;
    }

    /// Replaces what stands in the field of this label.
    async fn fill(&self, label: &str, text: &str) {
        let field = format!("//input[@id=//label[normalize-space()=\"{label}\"]/@for]");
        let field = self.find_by(&field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
}
