//! The flaws of test mode, before the verifiers that people use. All get the same tokens, which are right for an API in
//! everything but the flaw. `flaws.tsv` has what each says, and the manual which flaws it accepts.

use hallpass::profiles::flawed::Flaw;
use hallpass::testing::{self, TestServer};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{node, printed_by, python};
use crate::app::{Answer, Visitor, part};
use crate::manual::assert_table;

/// What each says of each token: the lines of the two scripts.
const EXPECTED: &str = include_str!("flaws.tsv");

/// The row of the token without a flaw.
const GOOD: &str = "none";

/// The flaws of time, signature, key, algorithm, issuer and audience, which every verifier must find.
const FOR_ALL: [&str; 9] = [
    "expired",
    "not_yet_valid",
    "bad_signature",
    "wrong_key",
    "unknown_kid",
    "alg_none",
    "key_confusion",
    "wrong_issuer",
    "wrong_audience",
];

/// The options of the setups named `strict`, as the manual shows them.
const OPTIONS: [(&str, &str); 5] = [
    ("jose", "`typ: \"at+jwt\", requiredClaims: [\"exp\"], maxTokenAge: \"1h\"`"),
    ("express-oauth2-jwt-bearer", "`strict: true`"),
    ("PyJWT", "`options={\"require\": [\"exp\"]}`"),
    ("joserfc", "`exp={\"essential\": True}` in the registry of claims"),
    ("Authlib", "`\"exp\": {\"essential\": True}` in `claims_options`"),
];

/// A token with each flaw, and that token without a flaw.
async fn tokens(issuer: &TestServer) -> Map<String, Value> {
    let visitor = Visitor::of(issuer.url());
    let ask = async |path: &str, body: Value| {
        let answer = Answer::to(visitor.request(Method::POST, path).json(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("token")
    };
    let claims = json!({ "aud": "orders", "scope": "orders:read" });
    let mut tokens = Map::from_iter([(GOOD.to_owned(), Value::Null)]);
    for flaw in Flaw::NAMES {
        let wanted = json!({ "profile": "bearer", "flaw": flaw, "claims": claims });
        tokens.insert((*flaw).to_owned(), ask("/test/flawed", wanted).await.into());
    }
    // Only its signature is wrong, so what it says is what a good token says.
    let spoiled = tokens["bad_signature"].as_str().unwrap();
    let [header, claims] = [0, 1].map(|index| serde_json::from_str::<Value>(&part(spoiled, index)).unwrap());
    let good = ask("/test/sign", json!({ "key": "bearer", "header": header, "claims": claims })).await;
    tokens.insert(GOOD.to_owned(), good.into());
    tokens
}

/// One line of a script.
struct Said<'a> {
    setup: &'a str,
    library: &'a str,
    flaw: &'a str,
    accepted: bool,
}

fn said(lines: &str) -> Vec<Said<'_>> {
    let rows = lines.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| {
        let [setup, library, flaw, verdict] = row[..] else { panic!("{row:?}") };
        Said { setup, library, flaw, accepted: verdict == "accepted" }
    })
    .collect()
}

fn libraries<'a>(said: &[Said<'a>], setup: &str) -> Vec<&'a str> {
    let mut libraries: Vec<_> = said.iter().filter(|it| it.setup == setup).map(|it| it.library).collect();
    libraries.dedup();
    libraries
}

fn accepts(said: &[Said<'_>], setup: &str, library: &str, flaw: &str) -> bool {
    let found = said.iter().find(|it| (it.setup, it.library, it.flaw) == (setup, library, flaw));
    found.unwrap_or_else(|| panic!("nothing of {setup} {library} {flaw}")).accepted
}

#[tokio::test]
async fn every_verifier_says_what_is_known_of_it() {
    let (Some((mut in_node, _folder)), Some(mut in_python)) = (node("flaws.mjs"), python("flaws.py")) else { return };
    let issuer = testing::spawn().unwrap();
    let tokens = Value::Object(tokens(&issuer).await).to_string();
    let runs = [&mut in_node, &mut in_python].map(|command| printed_by(command.args([issuer.url(), &tokens])));
    let printed = runs.concat().replace(issuer.url(), "ISSUER");
    assert!(printed == EXPECTED, "tests/it/clients/flaws.tsv should be this:\n\n{printed}");
}

#[test]
fn all_accept_the_good_token_and_refuse_flaws_of_time_signature_key_algorithm_issuer_and_audience() {
    let said = said(EXPECTED);
    assert_eq!(libraries(&said, "default").len(), 7);
    for setup in ["default", "strict"] {
        for library in libraries(&said, setup) {
            assert!(accepts(&said, setup, library, GOOD), "{setup} {library} refuses a good token");
            for flaw in FOR_ALL {
                assert!(!accepts(&said, setup, library, flaw), "{setup} {library} accepts {flaw}");
            }
        }
    }
}

#[test]
fn the_manual_shows_which_library_accepts_which_flaw() {
    let said = said(EXPECTED);
    let libraries = libraries(&said, "default");
    let cell =
        |library: &&str, flaw: &str| if accepts(&said, "default", library, flaw) { "**accepted**" } else { "refused" };
    let row = |flaw: &str| {
        let cells: Vec<&str> = libraries.iter().map(|library| cell(library, flaw)).collect();
        format!("| `{flaw}` | {} |", cells.join(" | "))
    };
    let rows: Vec<String> = Flaw::NAMES.iter().map(|flaw| row(flaw)).collect();
    assert_table("docs/testing.md", &format!("| flaw | {} |", libraries.join(" | ")), &rows);
}

#[test]
fn the_manual_shows_which_options_refuse_more() {
    let said = said(EXPECTED);
    assert_eq!(libraries(&said, "strict"), OPTIONS.map(|(library, _)| library));
    let rows = OPTIONS.map(|(library, options)| {
        let refuses =
            |flaw: &&&str| accepts(&said, "default", library, flaw) && !accepts(&said, "strict", library, flaw);
        let more: Vec<String> = Flaw::NAMES.iter().filter(refuses).map(|flaw| format!("`{flaw}`")).collect();
        format!("| {library} | {options} | {} |", more.join(", "))
    });
    assert_table("docs/testing.md", "| library | options | flaws that it then refuses too |", &rows);
}
