//! The gallery of attacks: every entry of the catalogue, in every variant and under each algorithm, gets the code that
//! it announces: on its page, in the session, and at any other route only a refusal.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::lab::attacks::filters::CHANGED;
use hallpass::lab::attacks::{Attack, AttackKind, SECTIONS};
use hallpass::lab::lessons::Lesson;
use hallpass::lab::sent_request::SentRequest;
use hallpass::profiles::demo::DemoAlgorithm;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, TestApp, Visitor, cookie_of, location, token_on};
use crate::tools;

pub const BOTH: [DemoAlgorithm; 2] = [DemoAlgorithm::HS256, DemoAlgorithm::RS256];

/// The spellings of an attack; one without any has the empty name for its only one.
fn variants(attack: &Attack) -> Vec<&'static str> {
    let named: Vec<_> = attack.variants.iter().map(|variant| variant.value).collect();
    if named.is_empty() { vec![""] } else { named }
}

/// Each attack with each of its spellings and each algorithm that it is for.
pub fn every_try() -> impl Iterator<Item = (&'static Attack, &'static str, DemoAlgorithm)> {
    let spelled = Attack::all().flat_map(|attack| variants(attack).into_iter().map(move |variant| (attack, variant)));
    spelled.flat_map(|(attack, variant)| {
        let under = BOTH.into_iter().filter(|algorithm| attack.is_for(*algorithm));
        under.map(move |algorithm| (attack, variant, algorithm))
    })
}

fn is_request(attack: &Attack) -> bool {
    matches!(attack.kind, AttackKind::Request { .. })
}

fn form(visitor: &Visitor, attack: &Attack, variant: &str, action: &str) -> RequestBuilder {
    let fields = [("variant", variant), ("action", action)];
    visitor.request(Method::POST, &format!("/lab/attacks/{}", attack.slug)).form(&fields)
}

/// The page that a browser comes to after it sent the form.
async fn result_page(visitor: &Visitor, attack: &Attack, variant: &str) -> Answer {
    let sent = Answer::to(form(visitor, attack, variant, "forge").header("accept", "text/html")).await;
    assert_eq!(sent.status, 303, "{} {variant}: {}", attack.slug, sent.body);
    Answer::to(visitor.request(Method::GET, sent.header("location")).header("accept", "text/html")).await
}

async fn forge(visitor: &Visitor, attack: &Attack, variant: &str) -> Value {
    let answer = Answer::to(form(visitor, attack, variant, "forge").header("accept", "application/json")).await;
    assert_eq!(answer.status, 200, "{} {variant}: {}", attack.slug, answer.body);
    answer.json()
}

/// A visitor with a good token under this algorithm.
pub async fn visitor_under(app: &TestApp, algorithm: DemoAlgorithm) -> Visitor {
    let visitor = app.visitor();
    visitor.choose(algorithm.as_str()).await;
    visitor.generate().await;
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_gets_the_code_that_it_announces_and_the_good_token_works_directly_afterwards() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let name = format!("{} {variant} under {algorithm}", attack.slug);
        let told = forge(visitor, attack, variant).await;
        assert_eq!(told["strict"]["code"], attack.expected.as_str(), "{name}: {}", told["strict"]);
        assert_eq!(told["expected_code"], attack.expected.as_str(), "{name}");
        assert_eq!(told["strict"]["accepted"], attack.expected.as_str() == "accepted", "{name}");
        let (status, verdict) = visitor.verdict().await;
        assert_eq!((status, &verdict["code"]), (200, &json!("accepted")), "the good token after {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_naive_verifier_falls_for_every_refused_attack_but_for_those_named_here() {
    // Each of these did the harm before it refused, or is a form of the attack that even it survives.
    let survived = |attack: &Attack, variant: &str, under: DemoAlgorithm| match attack.slug {
        "spoofed-key-set" => !variant.starts_with("https://"),
        "kid-command" => under == DemoAlgorithm::RS256,
        "outside-alg" | "outside-header" | "outside-kid" | "outside-claim" => true,
        "segments" => variant == "jwe",
        _ => false,
    };
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let told = forge(visitor, attack, variant).await;
        let expected = !survived(attack, variant, algorithm);
        assert_eq!(
            told["naive"]["accepted"], expected,
            "{} {variant} under {algorithm}: {}",
            attack.slug, told["naive"]
        );
    }
}

/// What a part of a token says. A plain JSON parser keeps the last of two members with one name.
fn decoded(token: &str, part: usize) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(part)?).ok()?).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgery_of_an_identity_says_admin_in_every_variant_and_no_other_attack_does() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    let mut forging = BTreeSet::new();
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let told = forge(visitor, attack, variant).await;
        let payload = decoded(told["forged"].as_str().unwrap(), 1).unwrap_or_default();
        let name = format!("{} {variant} under {algorithm}: {payload}", attack.slug);
        // Signed by the right key, it forges nothing: this is what the issuer says.
        let says_admin = attack.forges_identity || attack.slug == "claim-injection-signed";
        assert_eq!(payload["sub"] == "admin", says_admin, "{name}");
        assert!(!attack.forges_identity || told["strict"]["accepted"] == false, "{name}");
        if attack.forges_identity && told["naive"]["accepted"] == true {
            let why = told["naive"]["why"].as_str().unwrap();
            assert!(why.contains("admin"), "{name}: {why}");
        }
        forging.extend(attack.forges_identity.then_some(attack.slug));
    }
    assert_eq!(forging.len(), 25, "{forging:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_forgery_changes_is_what_the_gallery_s_filter_says() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    // The lab prepares these tokens, so that nobody has to wait or to log out.
    let prepared = ["issuer-or-audience", "typ-at-api"];
    let tries = every_try().filter(|(attack, _, algorithm)| *algorithm == BOTH[0] && !is_request(attack));
    let mut changed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (attack, variant, _) in tries.filter(|(attack, ..)| !prepared.contains(&attack.slug)) {
        let told = forge(&visitor, attack, variant).await;
        let [original, forged] = ["original", "forged"].map(|name| told[name].as_str().unwrap());
        let parts = changed.entry(attack.slug).or_default();
        for (part, name) in [(0, "header"), (1, "claim")] {
            let differs = original.split('.').nth(part) != forged.split('.').nth(part);
            parts.extend(differs.then_some(name));
        }
    }
    for (slug, parts) in changed {
        let declared: BTreeSet<_> = Attack::find(slug).unwrap().changed_parts.iter().copied().collect();
        if declared.contains("text") {
            continue;
        }
        let of_header_and_claims = declared.into_iter().filter(|part| ["header", "claim"].contains(part));
        assert_eq!(of_header_and_claims.collect::<BTreeSet<_>>(), parts, "{slug}");
    }
}

/// The first lines of the verdict of an attack's page.
fn verdict_of(page: &str) -> String {
    let after = page.split_once("<h2 id=\"verdict\">Verdict</h2>").unwrap_or_else(|| panic!("no verdict: {page}")).1;
    after.split_once("</section>").unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verdict_tells_both_outcomes_as_damage_or_safety() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let told = forge(visitor, attack, variant).await;
        let page = result_page(visitor, attack, variant).await.body;
        let (name, verdict) = (format!("{} {variant} under {algorithm}", attack.slug), verdict_of(&page));
        let cards: Vec<&str> = verdict.split("verdict-card ").skip(1).collect();
        let [naive, strict] = cards[..] else { panic!("{name}: {verdict}") };
        if attack.expected.as_str() == "accepted" && attack.damage.is_some() {
            assert!(
                strict.starts_with("damage\"") && strict.contains("This server accepts it too"),
                "{name}: {strict}"
            );
        } else if attack.expected.as_str() == "accepted" {
            assert!(
                strict.starts_with("safe\"") && strict.contains("Valid.") && strict.contains("It is the token of"),
                "{name}"
            );
        } else {
            assert!(
                strict.starts_with("safe\"") && strict.contains("Blocked.") && strict.contains('✓'),
                "{name}: {strict}"
            );
            assert!(strict.contains(attack.expected.as_str()), "{name}: {strict}");
        }
        let wins = attack.forges_identity || attack.damage.is_some() || attack.harm.is_some();
        match told["naive"]["accepted"].as_bool().unwrap() {
            true if wins => {
                assert!(naive.starts_with("damage\"") && naive.contains("accepts it."), "{name}: {naive}");
                let is_admin = naive.contains("Mallory is Admin: she can change 3 grades.");
                assert_eq!(is_admin, attack.forges_identity, "{name}: {naive}");
            }
            true => assert!(naive.starts_with("safe\"") && naive.contains("accepts it too."), "{name}: {naive}"),
            false if attack.harm.is_some() => {
                assert!(naive.starts_with("damage\"") && naive.contains("too late"), "{name}: {naive}");
                assert!(!naive.contains("is Admin"), "{name}: {naive}");
            }
            false => assert!(naive.starts_with("safe\"") && naive.contains("Even the naive"), "{name}: {naive}"),
        }
        assert!(verdict.contains("class=\"button primary\""), "{name}: the way on is part of the verdict");
        assert!(page.contains(&format!("action=\"/lab/attacks/{}#verdict\"", attack.slug)), "{name}");
    }
    let untried = visitors[0].page("/lab/attacks/no-token").await;
    assert!(!untried.contains("id=\"verdict\""), "before a press there is no verdict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_token_without_jti_is_the_original_and_its_damage_is_named() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, BOTH[0]).await;
    let attack = Attack::find("replay-without-jti").unwrap();
    let told = forge(&visitor, attack, "").await;
    assert_eq!(told["original"], told["forged"], "nothing is changed");
    let page = result_page(&visitor, attack, "").await.body;
    assert!(page.contains("<h2 id=\"forgery\">The copy</h2>") && page.contains("No character of it is changed."));
    assert!(!page.contains("signed again"), "{page}");
    let verdict = verdict_of(&page);
    assert_eq!(verdict.matches("verdict-card damage").count(), 2, "{verdict}");
    assert_eq!(verdict.matches("After the logout Mallory’s copy still works until").count(), 2, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_cut_signature_is_not_called_canonical() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, BOTH[0]).await;
    let attack = Attack::find("cut-signature").unwrap();
    // The cut by one character leaves bits that no encoding sets, unless they happen to be zero.
    for variant in ["1", "2", "8"] {
        let page = result_page(&visitor, attack, variant).await.body;
        let (_, forged) = page.rsplit_once("<p class=\"encoded\"><code>").unwrap();
        let signature = forged.split('<').next().unwrap();
        let is_canonical = URL_SAFE_NO_PAD.decode(signature).is_ok();
        assert!(page.contains("in canonical form"), "{page}");
        assert_eq!(!page.contains("in canonical form except for the end"), is_canonical, "{signature}: {page}");
    }
}

#[tokio::test]
async fn an_attack_s_page_gives_no_advice_to_the_operator_of_a_server() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, BOTH[0]).await;
    let attack = Attack::find("cross-site-form").unwrap();
    for variant in variants(attack) {
        let page = result_page(&visitor, attack, variant).await.body;
        assert!(page.contains("so nothing was done") && !page.contains("--public-url"), "{page}");
    }
}

/// What the gallery lists at this address, and the count that it shows.
async fn listed(visitor: &Visitor, query: &str) -> (BTreeSet<String>, String) {
    let page = visitor.page(&format!("/lab/attacks{query}")).await;
    let links = page.split("class=\"entry\"><a href=\"/lab/attacks/").skip(1);
    let slugs = links.map(|link| link.split_once('"').unwrap().0.to_owned()).collect();
    let count = page.split_once("class=\"shown\">").unwrap().1.split_once('<').unwrap().0.to_owned();
    (slugs, count)
}

#[tokio::test]
async fn the_gallery_shows_what_fits_its_filters_and_counts_it() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let all = Attack::all().count();
    let expected = |fits: &dyn Fn(&Attack) -> bool| -> BTreeSet<String> {
        Attack::all().filter(|attack| fits(attack)).map(|attack| attack.slug.to_owned()).collect()
    };
    for query in ["", "?check=&changed=&tried=", "?tried=no"] {
        let (slugs, count) = listed(&visitor, query).await;
        assert_eq!((slugs.len(), count), (all, format!("{all} of {all} shown")), "{query}");
    }
    for (check, code) in [("signature", "bad_signature"), ("algorithm", "alg_not_allowed"), ("none", "accepted")] {
        let (slugs, count) = listed(&visitor, &format!("?check={check}")).await;
        assert_eq!(slugs, expected(&|attack| attack.expected.as_str() == code), "{check}");
        assert_eq!(count, format!("{} of {all} shown", slugs.len()));
    }
    for changed in CHANGED.values.iter().map(|value| value.value) {
        let (slugs, _) = listed(&visitor, &format!("?changed={changed}")).await;
        assert_eq!(slugs, expected(&|attack| attack.changed_parts.contains(&changed)), "{changed}");
    }
    let (both, _) = listed(&visitor, "?check=key&changed=claim&tried=no").await;
    assert!(both.contains("kid-sql") && !both.contains("outside-kid") && !both.contains("kid-sql-rs256"), "{both:?}");

    forge(&visitor, Attack::find("alg-none").unwrap(), "").await;
    assert_eq!(
        listed(&visitor, "?tried=yes").await,
        (BTreeSet::from(["alg-none".to_owned()]), format!("1 of {all} shown"))
    );
    assert!(!listed(&visitor, "?tried=no").await.0.contains("alg-none"));
    let page = visitor.page("/lab/attacks?check=time&changed=cookie").await;
    assert!(page.contains("0 of") && page.contains("No attack fits all these filters."), "{page}");
    assert!(page.contains("<option value=\"time\" selected>"), "what was chosen stays chosen");
    for query in ["?check=nothing", "?changed=alg", "?tried=maybe", "?check=key&check=time"] {
        let answer = Answer::to(visitor.request(Method::GET, &format!("/lab/attacks{query}"))).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{query}: {}", answer.body);
    }
}

#[tokio::test]
async fn no_page_shows_the_number_of_a_row() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    for path in ["/lab/attacks", "/lab/worksheet"] {
        let page = visitor.page(path).await;
        assert!(!page.contains("Row ") && !page.contains("class=\"row\"") && !page.contains(">No.<"), "{path}");
    }
    for attack in Attack::all() {
        let page = result_page(&visitor, attack, "").await.body;
        assert!(!page.contains("Row ") && !page.contains(&format!("row {}", attack.number)), "{}", attack.slug);
    }
}

#[tokio::test]
async fn the_addresses_above_the_lessons_show_the_lab() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let lab = visitor.page("/lab").await;
    for path in ["/lab/", "/lab/lessons"] {
        let answer = Answer::to(visitor.request(Method::GET, path).header("accept", "text/html")).await;
        assert_eq!((answer.status, answer.body), (200, lab.clone()), "{path}");
        assert_eq!(Answer::to(visitor.request(Method::POST, path)).await.status, 405, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_the_session_gets_the_same_answer_from_show_details() {
    let app = TestApp::spawn();
    for (attack, variant, algorithm) in every_try() {
        let AttackKind::Token { judged_by, .. } = attack.kind else { continue };
        let name = format!("{} {variant} under {algorithm}", attack.slug);
        let visitor = visitor_under(&app, algorithm).await;
        let put = form(&visitor, attack, variant, "put").send().await.unwrap();
        if !judged_by.is_for_sessions() {
            assert_eq!(put.status(), 400, "{name}");
            continue;
        }
        if put.status() == 413 {
            let refusal: Value = put.json().await.unwrap();
            assert_eq!(refusal["error"], "token_too_large", "{name}");
            assert!(["huge-kid", "oversize-token"].contains(&attack.slug), "{name} must fit a cookie");
            assert_eq!(visitor.verdict().await.0, 200, "{name} leaves the session's token");
            continue;
        }
        assert_eq!((put.status().as_u16(), location(&put)), (303, "/validate"), "{name}");
        let (status, verdict) = visitor.verdict().await;
        assert_eq!(verdict["code"], attack.expected.as_str(), "{name}");
        assert_eq!(status, if attack.expected.as_str() == "accepted" { 200 } else { 401 }, "{name}");
        visitor.generate().await;
        let after = visitor.verdict().await;
        assert_eq!(after.1["code"], "accepted", "a new token after {name}");
    }
}

#[tokio::test]
async fn the_home_page_says_when_the_lab_s_keys_judge() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let sentence = "judged with the lab’s keys";
    assert!(!visitor.page("/").await.contains(sentence));
    let put = form(&visitor, Attack::find("claim-injection-signed").unwrap(), "sub", "put").send().await.unwrap();
    assert_eq!(put.status(), 303);
    assert_eq!(location(&visitor.validate().await), "/admin");
    assert!(visitor.page("/admin").await.contains(sentence));
    let put = form(&visitor, Attack::find("alg-none").unwrap(), "none", "put").send().await.unwrap();
    assert_eq!(put.status(), 303);
    assert!(!visitor.page("/").await.contains(sentence), "a forgery that needs no key is judged by the demo's ring");
    visitor.generate().await;
    assert!(!visitor.page("/").await.contains(sentence));
}

#[tokio::test]
async fn the_json_has_the_catalogue_and_every_row() {
    let app = TestApp::spawn();
    let answer = Answer::to(app.visitor().request(Method::GET, "/lab/attacks.json")).await;
    let entries = answer.json().as_array().unwrap().clone();
    let members = ["slug", "number", "name", "changes", "expected_code", "lesson", "rfc", "forges_identity"];
    for (entry, attack) in entries.iter().zip(Attack::all()) {
        let names: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(names, members);
        assert_eq!(entry["slug"], attack.slug);
        assert_eq!(entry["expected_code"], attack.expected.as_str());
        assert_eq!(entry["forges_identity"], attack.forges_identity);
    }
    assert_eq!(entries.len(), Attack::all().count());
    let rows: BTreeSet<u64> = entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert!(rows.into_iter().eq(1..=Attack::rows() as u64), "the rows are numbered one after the other");
}

#[test]
fn every_attack_says_all_that_its_page_needs() {
    for section in SECTIONS.iter() {
        assert!(section.attacks.is_sorted_by_key(|attack| attack.number), "{} is out of order", section.title);
    }
    let slugs: BTreeSet<_> = Attack::all().map(|attack| attack.slug).collect();
    assert_eq!(slugs.len(), Attack::all().count(), "a slug stands twice");
    for attack in Attack::all() {
        let slug = attack.slug;
        let (what, changes) = (attack.what.markdown(), attack.changes.markdown());
        assert!(!changes.is_empty() && !attack.name.markdown().is_empty(), "{slug}");
        assert!(what.matches(". ").count() >= 1 || what.contains("? "), "{slug} has two sentences");
        assert!(attack.rfc.starts_with("RFC ") && attack.rfc.contains(" §"), "{slug}: {}", attack.rfc);
        assert!(attack.lesson.is_none_or(|lesson| Lesson::find(lesson).is_some()), "{slug}");
        assert!(what.matches('`').count() % 2 == 0 && changes.matches('`').count() % 2 == 0, "{slug}");
        assert!(attack.variants.len() != 1, "{slug}: one way is no choice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forgery_passes_at_any_other_route() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    for (attack, variant, algorithm) in every_try().filter(|(attack, ..)| !is_request(attack)) {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let told = forge(visitor, attack, variant).await;
        let token = told["forged"].as_str().unwrap();
        for (route, request) in token_routes(&app, token) {
            let answer = Answer::to(request).await;
            let name = format!("{} {variant} under {algorithm} at {route}", attack.slug);
            assert!((400..500).contains(&answer.status), "{name}: {} {}", answer.status, answer.body);
            assert!(!answer.body.contains("\"admin\""), "{name} echoes a claim");
        }
    }
}

/// Every route outside the lab that takes a token. One that no header or address can carry is sent where it can be.
fn token_routes(app: &TestApp, token: &str) -> Vec<(&'static str, RequestBuilder)> {
    const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let client = app.visitor();
    let post = |path: &str| client.request(Method::POST, path);
    let mut routes = vec![
        ("/v1/verify", post("/v1/verify").json(&json!({ "token": token }))),
        ("/oauth/token", post("/oauth/token").form(&[("grant_type", JWT_BEARER), ("assertion", token)])),
    ];
    if token.len() > 8192 {
        return routes;
    }
    routes.push(("/anEndpoint by query", post("/anEndpoint").query(&[("token", token)])));
    if let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {token}")) {
        routes.push(("/anEndpoint", post("/anEndpoint").header("token", token)));
        routes.push(("/api/me", client.request(Method::GET, "/api/me").header("authorization", bearer)));
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_gallery_is_over_100_kilobytes() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    assert!(visitors[0].page("/lab/attacks").await.len() < 100_000);
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == DemoAlgorithm::RS256)];
        let before = visitor.asking(&format!("/lab/attacks/{}", attack.slug), "text/html").await;
        assert_eq!(before.status(), 200);
        let page = result_page(visitor, attack, variant).await;
        let name = format!("{} {variant} under {algorithm}", attack.slug);
        assert_eq!(page.status, 200, "{name}");
        assert!(page.body.len() < 100_000, "{name}: {} bytes", page.body.len());
        assert!(page.body.contains("As expected"), "{name}");
        assert!(!page.body.contains('\0'), "{name}: a page has no NUL");
    }
}

#[tokio::test]
async fn a_page_marks_what_changed_with_a_sign_and_a_word() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let tried = |slug: &'static str, variant: &'static str| result_page(&visitor, Attack::find(slug).unwrap(), variant);
    let page = tried("claim-injection", "sub").await.body;
    assert_eq!(page.matches("changed</p>").count(), 1, "only the payload differs");
    assert!(
        page.contains("<span class=\"hidden\">removed: </span><code>  &#34;sub&#34;: &#34;bob&#34;,</code>"),
        "{page}"
    );
    assert!(page.contains("<span class=\"hidden\">added: </span><code>  &#34;sub&#34;: &#34;admin&#34;,</code>"));
    assert!(page.contains("The old one. It was made over the original text."));
    assert!(page.contains("The token of your session."));
    let page = tried("original", "").await.body;
    assert!(page.contains("No character of it is changed.") && !page.contains("changed</p>"));
}

#[tokio::test]
async fn a_visitor_without_a_good_token_gets_a_fresh_one_for_the_try_and_is_told() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let attack = Attack::find("alg-none").unwrap();
    let tried = |attack| result_page(&visitor, attack, "");
    assert!(tried(attack).await.body.contains("Your session holds no token, so a new one was issued"));
    assert_eq!(visitor.verdict().await.1["code"], "no_token", "the fresh one is not kept");
    visitor.get("/generate?sub=alice").await;
    app.advance(61);
    let page = tried(attack).await.body;
    assert!(page.contains("token has expired, so a new one was issued"), "{page}");
    assert!(page.contains("&#34;sub&#34;: &#34;alice&#34;"), "it is about the same subject");
    assert_eq!(visitor.verdict().await.1["code"], "expired", "the session's own token stays");
    visitor.get("/generate?sub=alice").await;
    let needs_rs256 = tried(Attack::find("key-confusion-rs256").unwrap()).await.body;
    assert!(needs_rs256.contains("so a new one was issued") && needs_rs256.contains("RS256"));
}

#[tokio::test]
async fn the_gallery_remembers_the_kinds_of_attack_that_were_tried() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let rows = Attack::rows();
    assert!(visitor.page("/lab/attacks").await.contains(&format!("none of the {rows} kinds of attack")));
    forge(&visitor, Attack::find("alg-none").unwrap(), "").await;
    forge(&visitor, Attack::find("lab-token-at-demo").unwrap(), "").await;
    let page = visitor.page("/lab/attacks").await;
    assert!(page.contains(&format!("You have tried 2 of the {rows} kinds of attack.")), "{page}");
    assert!(visitor.page("/lab/attacks/alg-none").await.contains("tried</span>"));
    assert!(!visitor.page("/lab/attacks/null-signature").await.contains("tried</span>"));
}

#[tokio::test]
async fn a_result_has_an_address_that_says_the_same_again_and_holds_no_token() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let token = token_on(&visitor.page("/").await);
    let sent =
        Answer::to(form(&visitor, Attack::find("alg-none").unwrap(), "None", "forge").header("accept", "text/html"))
            .await;
    assert_eq!((sent.status, sent.header("location")), (303, "/lab/attacks/alg-none?variant=None#verdict"));
    assert!(!sent.header("location").contains(&token[..20]));
    let pages = [visitor.page(sent.header("location")).await, visitor.page(sent.header("location")).await];
    assert!(pages[0].contains("alg_not_allowed") && pages[0].contains("tried</span>"), "{}", pages[0]);
    assert_eq!(pages[0], pages[1]);
    let unknown = visitor.asking("/lab/attacks/alg-none?variant=x", "application/json").await;
    assert_eq!(unknown.status(), 400);
}

#[tokio::test]
async fn a_client_cannot_pass_a_text_off_as_the_lab_s() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let before = token_on(&visitor.page("/").await);
    let fields = [("action", "put"), ("token", "eyJ.eyJ.x"), ("forged", "eyJ.eyJ.x"), ("ring", "lab")];
    let put = visitor.request(Method::POST, "/lab/attacks/original").form(&fields).send().await.unwrap();
    assert_eq!(put.status(), 303);
    assert_eq!(token_on(&visitor.page("/").await), before, "only what the server forges itself is put");
}

#[tokio::test]
async fn what_is_unknown_is_refused_in_one_sentence() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let post = |path: &str| visitor.request(Method::POST, path);
    for (request, status, code) in [
        (visitor.request(Method::GET, "/lab/attacks/nothing"), 404, "not_found"),
        (post("/lab/attacks/nothing").form(&[("variant", "")]), 404, "not_found"),
        (post("/lab/attacks/alg-none").form(&[("variant", "some")]), 400, "bad_request"),
        (post("/lab/attacks/original").form(&[("variant", "some")]), 400, "bad_request"),
        (post("/lab/attacks/alg-none").form(&[("action", "grant")]), 400, "bad_request"),
        (post("/lab/attacks/alg-none").form(&[("variant", "none"), ("variant", "None")]), 400, "bad_request"),
        (post("/lab/attacks/no-token").form(&[("action", "put")]), 400, "bad_request"),
        (post("/lab/attacks/alg-none").json(&json!({ "variant": "none" })), 415, "unsupported_media_type"),
        (post("/lab/attacks/alg-none").form(&[("variant", "x".repeat(20_000))]), 413, "too_large"),
        (post("/lab/attacks").form(&[("variant", "none")]), 405, "method_not_allowed"),
    ] {
        let answer = Answer::to(request).await;
        assert_eq!((answer.status, answer.text("error")), (status, code.to_owned()), "{}", answer.body);
    }
}

/// A request of the catalogue as it goes to the real server, with what its placeholders stand for.
fn for_real(app: &TestApp, request: &SentRequest, cookie: &str, token: &str) -> RequestBuilder {
    let filled = |text: &str| text.replace("{cookie}", cookie).replace("{name}", "hallpass").replace("{token}", token);
    let method = request.method.parse().unwrap();
    let asked = app.visitor().request(method, &filled(request.path));
    let asked = request.headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, filled(value)));
    match request.form {
        Some(form) => asked.header("content-type", "application/x-www-form-urlencoded").body(form),
        None => asked,
    }
}

fn code_of(body: &Value) -> &str {
    body["code"].as_str().or(body["error"].as_str()).unwrap_or_default()
}

#[tokio::test]
async fn the_real_server_answers_each_request_as_its_page_says() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&visitor.generate().await);
    let token = token_on(&visitor.page("/").await);
    for attack in Attack::all() {
        let AttackKind::Request { request, .. } = attack.kind else { continue };
        for variant in variants(attack) {
            let answer = Answer::to(for_real(&app, &request(variant), &cookie, &token)).await;
            let told = forge(&visitor, attack, variant).await;
            let name = format!("{} {variant}: {}", attack.slug, answer.body);
            assert_eq!(code_of(&answer.json()), attack.expected.as_str(), "{name}");
            assert_eq!(told["strict"]["code"], attack.expected.as_str(), "{name}");
            let said = answer.json();
            assert_eq!(said["message"], told["strict"]["message"], "page and server say the same of {name}");
        }
    }
    // The same request without its fault is served, so that it is the fault that was refused.
    let form = SentRequest {
        method: "POST",
        path: "/algorithm",
        headers: vec![("Cookie", "{cookie}")],
        form: Some("algorithm=RS256"),
    };
    assert_eq!(Answer::to(for_real(&app, &form, &cookie, &token)).await.status, 303);
    let show = SentRequest {
        method: "GET",
        path: "/validate",
        headers: vec![("Cookie", "{cookie}"), ("Accept", "application/json")],
        form: None,
    };
    assert_eq!(Answer::to(for_real(&app, &show, &cookie, &token)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_lines_of_each_request_get_its_answer() {
    if !tools::are_here(&["curl", "bash", "sed", "paste"]) {
        return;
    }
    let (app, folder) = (TestApp::spawn(), TempDir::new().unwrap());
    for attack in Attack::all() {
        let AttackKind::Request { request, .. } = attack.kind else { continue };
        for variant in variants(attack) {
            let command = request(variant).curl(&app.url, "hallpass");
            let run = Command::new("bash").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
            let output = String::from_utf8(run.stdout).unwrap();
            let body: Value =
                serde_json::from_str(&output).unwrap_or_else(|error| panic!("{command}\n{error}: {output}"));
            assert_eq!(code_of(&body), attack.expected.as_str(), "{command}\n{output}");
        }
    }
}

#[tokio::test]
async fn the_page_says_why_the_session_s_token_was_not_the_original() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let said = async |slug: &str| result_page(&visitor, Attack::find(slug).unwrap(), "").await.body;
    assert!(said("cut-signature").await.contains("The token of your session."));
    let other = said("key-confusion-rs256").await;
    assert!(other.contains("is signed with HS256, and this attack needs RS256, so a new one"), "{other}");
    app.advance(62);
    for slug in ["cut-signature", "kid-sql", "original"] {
        let page = said(slug).await;
        assert!(page.contains("Your session’s token has expired, so a new one"), "{slug}: {page}");
    }
}

#[tokio::test]
async fn the_original_of_a_replay_is_the_token_that_the_lab_issued_for_it() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    for (slug, says) in [
        ("replay-after-logout", "The lab issued this token for the attack, and revoked it."),
        (
            "replay-after-expiry",
            "The lab issued this token for the attack, with an <code>exp</code> that was an hour ago.",
        ),
    ] {
        let page = result_page(&visitor, Attack::find(slug).unwrap(), "").await.body;
        assert!(page.contains(says) && page.contains("No character of it is changed."), "{slug}: {page}");
        assert!(!page.contains("</span> changed</p>") && !page.contains("Signed again"), "{slug}: {page}");
    }
    let page = result_page(&visitor, Attack::find("deny-list-bypass").unwrap(), "").await.body;
    assert_eq!(page.matches("</span> changed</p>").count(), 1, "the signature alone: {page}");
}

#[tokio::test]
async fn a_revoked_forgery_is_really_revoked_and_its_twin_is_refused_too() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let [first, second] = ["replay-after-logout", "replay-after-logout"].map(|slug| Attack::find(slug).unwrap());
    let (first, second) = (forge(&visitor, first, "").await, forge(&visitor, second, "").await);
    let jti = |told: &Value| told["strict"]["unverified_claims"]["jti"].as_str().unwrap().to_owned();
    assert_ne!(jti(&first), jti(&second), "each has a random name");
    assert_eq!(jti(&first).len(), 22);
    let reordered = forge(&visitor, Attack::find("deny-list-reordered").unwrap(), "").await;
    assert_eq!(reordered["strict"]["code"], "revoked");
    assert_eq!(reordered["naive"]["accepted"], true);
}

#[tokio::test]
async fn where_no_token_can_be_signed_a_good_one_is_forged_and_else_the_refusal_says_why() {
    let issuing = TestApp::with(&[("algorithm", "RS256")]);
    let folder = TempDir::new().unwrap();
    for file in ["jwt_key.pub", "session.key", "lab_key", "hs256.secret"] {
        std::fs::copy(issuing.keys().join(file), folder.path().join(file)).unwrap();
    }
    let verifying = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    let attack = Attack::find("key-confusion-rs256").unwrap();
    let refused = Answer::to(form(&verifying.visitor(), attack, "", "forge")).await;
    assert_eq!((refused.status, refused.text("error").as_str()), (409, "cannot_sign"), "{}", refused.body);

    let visitor = issuing.visitor();
    visitor.generate().await;
    let visitor = visitor.before(&verifying);
    let page = result_page(&visitor, attack, "").await;
    assert!(page.body.contains("As expected:</span> <code>alg_not_allowed</code>"), "{}", page.body);
    let refused = Answer::to(form(&visitor, attack, "", "forge").header("accept", "application/json")).await;
    assert_eq!(refused.text("error"), "cannot_sign", "JSON is never made of the session's own token");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_json_of_an_attack_holds_the_session_s_token_or_a_part_of_it() {
    let app = TestApp::spawn();
    for algorithm in BOTH {
        let visitor = app.visitor();
        visitor.choose(algorithm.as_str()).await;
        visitor.get("/generate?sub=victoria").await;
        let token = token_on(&visitor.page("/").await);
        let [_, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        for (attack, variant, _) in every_try().filter(|(.., under)| *under == algorithm) {
            let told = forge(&visitor, attack, variant).await.to_string();
            let name = format!("{} {variant} under {algorithm}", attack.slug);
            for part in [payload, &signature[..20], &signature[signature.len() - 20..], "victoria"] {
                let is_verified_claim = part == "victoria" && is_request(attack);
                assert!(is_verified_claim || !told.contains(part), "{name} holds {part}: {told}");
            }
        }
        assert_eq!(token_on(&visitor.page("/").await), token, "the session keeps it");
    }
}

#[tokio::test]
async fn what_a_program_is_shown_is_a_token_about_nobody_else() {
    let app = TestApp::spawn();
    let visitor = visitor_under(&app, DemoAlgorithm::HS256).await;
    let original = Attack::find("original").unwrap();
    let (first, second) = (forge(&visitor, original, "").await, forge(&visitor, original, "").await);
    let subject = |told: &Value| told["strict"]["claims"]["sub"].as_str().unwrap().to_owned();
    assert!(subject(&first).starts_with("example-") && subject(&first) != subject(&second));
    assert_eq!((&first["forged"], first["strict"]["accepted"].as_bool()), (&first["original"], Some(true)));
}

#[tokio::test]
async fn an_attack_that_was_renamed_is_found_at_its_old_address() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (former, now) in [
        ("/lab/attacks/other-door", "/lab/attacks/token-in-wrong-place"),
        ("/lab/attacks/other-door?variant=query", "/lab/attacks/token-in-wrong-place?variant=query"),
    ] {
        let answer = Answer::to(visitor.request(Method::GET, former)).await;
        assert_eq!((answer.status, answer.header("location")), (308, now), "{former}");
    }
}
