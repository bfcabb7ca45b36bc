//! `hallpass inspect` for people: what a token says, what was pasted along with it, and text that tries to fake a
//! verdict.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::keys::PublicKey;
use serde_json::{Value, json};

use crate::cli::{Done, Program, path_of};

/// A program with keys for both algorithms.
fn program() -> Program {
    let program = Program::with_keys();
    assert_eq!(program.run(&["keygen"]).code, Some(0));
    program
}

/// A token with this header and these claims, and no good signature.
fn unsigned(header: &Value, claims: &str) -> String {
    format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims))
}

/// The lines of the header and the claims, without the verdict.
fn said(done: &Done) -> Vec<&str> {
    done.stdout
        .lines()
        .take_while(|line| !line.is_empty() && !line.starts_with("accepted") && !line.starts_with("refused"))
        .collect()
}

// ── what is shown

#[test]
fn header_and_claims_are_labelled_with_what_the_verdict_says() {
    let program = program();
    let good = program.sign(&["--claims", r#"{"sub":"bob"}"#]);
    let (body, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{body}.{}", signature.chars().rev().collect::<String>());
    let expired = program.sign(&["--claims", r#"{"exp":1}"#]);
    for (token, label, verdict) in [
        (good.as_str(), "verified", "accepted: "),
        (&expired, "signed, but refused", "refused: the token expired"),
        (&forged, "not verified", "refused: "),
    ] {
        let done = program.run(&["inspect", token]);
        for part in ["header", "claims"] {
            assert!(done.stdout.contains(&format!("{part} ({label})\n")), "{token}: {}", done.stdout);
        }
        assert!(done.stdout.contains(&format!("\n{verdict}")), "{token}: {}", done.stdout);
    }
}

#[test]
fn header_and_claims_stand_before_the_verdict_with_readable_times() {
    let program = program();
    let claims = r#"{"sub":"bob","iat":1800000000,"nbf":1800000000,"exp":4102444800,"roles":["a",1]}"#;
    let done = program.run(&["inspect", &program.sign(&["--claims", claims])]);
    let lines = said(&done);
    // What the labels say depends on the day of the test: these dates may not have come yet.
    assert!(lines[0].starts_with("header (") && lines[3].starts_with("claims ("), "{lines:?}");
    assert_eq!([lines[1], lines[2], lines[4]], [r#"  "alg": "HS256""#, r#"  "typ": "JWT""#, r#"  "sub": "bob""#]);
    assert!(lines[5].starts_with(r#"  "iat": 1800000000   (2027-01-15 08:00:00 UTC, issued "#), "{lines:?}");
    assert!(lines[6].starts_with(r#"  "nbf": 1800000000   (2027-01-15 08:00:00 UTC, becomes valid "#), "{lines:?}");
    assert!(lines[7].starts_with(r#"  "exp": 4102444800   (2100-01-01 00:00:00 UTC, expires in "#), "{lines:?}");
    assert_eq!(lines[8..], [r#"  "roles": ["a",1]"#]);

    let expired = program.run(&["inspect", &program.sign(&["--claims", r#"{"exp":1}"#])]);
    assert_eq!(expired.code, Some(1));
    assert!(said(&expired)[4].contains("(1970-01-01 00:00:01 UTC, expired "), "{}", expired.stdout);
}

#[test]
fn the_key_that_verified_is_named() {
    let program = program();
    for (algorithm, key) in [("HS256", "keys/hs256.secret"), ("RS256", "keys/jwt_key")] {
        let done = program.run(&["inspect", &program.sign(&["--algorithm", algorithm])]);
        assert!(done.stdout.contains(&format!("\n  verified with the key in {key}, {algorithm}\n")), "{}", done.stdout);
    }
    let expired = program.run(&["inspect", &program.sign(&["--claims", r#"{"exp":1}"#])]);
    assert!(expired.stdout.contains("  verified with the key in keys/hs256.secret, HS256\n"), "{}", expired.stdout);
    let keys = program.path("keys");
    let elsewhere = program.run(&["inspect", "--keys", keys.to_str().unwrap(), &program.sign(&[])]);
    let file = keys.join("hs256.secret");
    let named = format!("  verified with the key in {}, HS256\n", file.display());
    assert!(elsewhere.stdout.contains(&named), "the path as given: {}", elsewhere.stdout);
    let done = program.run(&["inspect", &unsigned(&json!({"alg": "HS256"}), "{}")]);
    assert!(done.code == Some(1) && !done.stdout.contains("verified with"), "{}", done.stdout);
}

#[test]
fn what_can_be_decoded_of_a_damaged_token_is_shown() {
    let program = program();
    let good = program.sign(&[]);
    let parts: Vec<&str> = good.split('.').collect();
    for (token, shown) in [
        (format!("{}.{}", parts[0], parts[1]), &[r#"  "alg": "HS256""#, r#"  "sub": "bob""#][..]),
        (parts[0].to_owned(), &[r#"  "alg": "HS256""#, "  missing"]),
        (
            format!("{}.%%%.{}", parts[0], parts[2]),
            &[r#"  "alg": "HS256""#, "  cannot be decoded: it is not base64url"],
        ),
        (format!("{}=.{}.{}", parts[0], parts[1], parts[2]), &[r#"  "alg": "HS256""#, r#"  "sub": "bob""#]),
        (unsigned(&json!({"alg": "HS256"}), "[1]"), &["  not a JSON object that has each member once: [1]"]),
        (unsigned(&json!({"alg": "HS256"}), "{}"), &["claims (not verified)", "  none"]),
    ] {
        for flags in [&["inspect"][..], &["inspect", "--decode"]] {
            let done = program.run(&[flags, &[&token]].concat());
            for line in shown {
                let line = if flags.len() > 1 { line.replace(" yet", "") } else { (*line).to_owned() };
                assert!(done.stdout.lines().any(|it| it.starts_with(&line)), "{line:?} is missing: {}", done.stdout);
            }
        }
        assert_eq!(program.run(&["inspect", &token]).code, Some(1));
    }
}

#[test]
fn decoding_needs_no_key_and_judges_nothing() {
    let token = unsigned(&json!({"alg": "ES256", "kid": "x"}), r#"{"sub":"bob","exp":1}"#);
    for program in [Program::new(), program()] {
        let done = program.run(&["inspect", "--decode", &token]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{}", done.stdout);
        assert_eq!(said(&done)[..2], ["header (not verified)", r#"  "alg": "ES256""#]);
        assert!(done.stdout.contains("(1970-01-01 00:00:01 UTC, expired "), "{}", done.stdout);
        assert!(done.stdout.contains("decoded, not verified: anyone may have written this"), "{}", done.stdout);
        assert!(!done.stdout.contains("accepted") && !done.stdout.contains("refused"), "{}", done.stdout);

        let done = program.run(&["inspect", "--decode", "--json", &token]);
        let verdict: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(
            (done.code, &verdict["code"], &verdict["accepted"]),
            (Some(0), &json!("not_verified"), &json!(false))
        );
        assert_eq!(verdict["unverified_claims"], json!({"sub": "bob", "exp": 1}));
        assert_eq!(program.run(&["inspect", "--decode", "hello"]).code, Some(1), "that is no token");
        assert_eq!(program.run_with_input(&["inspect", "--decode"], format!("{token}\n\n{token}")).code, Some(0));
    }
    let done = program().run(&["inspect", "--decode", "--key", "x", &token]);
    assert!(done.code == Some(2) && done.stderr.contains("--decode"), "{}", done.stderr);
}

#[test]
fn without_a_key_a_token_is_shown_and_the_rest_is_an_error() {
    let program = Program::new();
    let token = unsigned(&json!({"alg": "HS256"}), r#"{"sub":"bob"}"#);
    let by_argument = program.run(&["inspect", &token]);
    let by_line = program.run_with_input(&["inspect"], format!("{token}\n"));
    for done in [by_argument, by_line] {
        assert_eq!(done.code, Some(2));
        assert!(
            done.stdout.contains("header (not verified)\n") && done.stdout.contains(r#""sub": "bob""#),
            "{}",
            done.stdout
        );
        for word in ["`keys` has no key", "hallpass keygen", "--key FILE", "--decode"] {
            assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
        }
    }
    program.run(&["inspect", "--json", &token]).assert_failed(&["`keys` has no key"]);
    assert!(!program.path("keys").exists() && !program.path("hallpass.db").exists());
}

#[test]
fn against_the_folder_all_accepted_algorithms_are_named() {
    let program = program();
    for algorithm in ["ES256", "HS512", "PS256", "hs256", "EdDSA", "none"] {
        let token = unsigned(&json!({ "alg": algorithm }), "{}");
        let (code, verdict) = program.inspect(&[], &token);
        assert_eq!((code, &verdict["code"]), (1, &json!("alg_not_allowed")), "{algorithm}");
        assert_eq!(verdict["checks"][3]["expected"], "HS256 or RS256", "{algorithm}");
        let text = program.run(&["inspect", &token]).stdout;
        assert!(text.contains("expected: HS256 or RS256"), "{text}");
        assert!(algorithm == "none" || verdict["message"].as_str().unwrap().contains("HS256 or RS256"), "{verdict}");
    }
    for algorithm in ["HS256", "RS256"] {
        let text = program.run(&["inspect", &program.sign(&["--algorithm", algorithm])]).stdout;
        assert!(text.contains(&format!("{algorithm}; accepted here: HS256 or RS256")), "{text}");
        let only = program.run(&["inspect", "--algorithm", "HS256", &program.sign(&["--algorithm", algorithm])]).stdout;
        assert!(!only.contains("RS256 or") && !only.contains("HS256 or"), "{only}");
    }
}

// ── what is a token, and what is a flag

#[test]
fn a_bearer_token_of_the_server_is_verified_with_the_folders_bearer_key() {
    for (variable, algorithm) in [(None, "RS256"), (Some("ES256"), "ES256"), (Some("PS256"), "PS256")] {
        let program = Program::with_keys();
        let program = match variable {
            Some(name) => program.and("HALLPASS_BEARER_ALGORITHM", name),
            None => program,
        };
        fs::remove_file(program.path("keys/bearer_key")).ok();
        fs::remove_file(program.path("keys/bearer_key.pub")).ok();
        program.run(&["keygen", "--algorithm", algorithm, "--out", "keys/bearer_key"]);
        let token = program.sign(&["--key", "keys/bearer_key", "--algorithm", algorithm, "--ttl", "60"]);
        let kid = PublicKey::parse(&fs::read(program.path("keys/bearer_key.pub")).unwrap()).unwrap().thumbprint();
        let named = program.sign(&["--key", "keys/bearer_key", "--algorithm", algorithm, "--ttl", "60", "--kid", &kid]);
        for token in [&token, &named] {
            let done = program.run(&["inspect", token]);
            assert_eq!(done.code, Some(0), "{}", done.stdout);
            assert!(
                done.stdout.contains(&format!("verified with the key in keys/bearer_key, {algorithm}")),
                "{algorithm}: {}",
                done.stdout
            );
        }
    }
    let program = Program::with_keys();
    fs::remove_file(program.path("keys/bearer_key")).ok();
    fs::remove_file(program.path("keys/bearer_key.pub")).ok();
    program.run(&["keygen", "--algorithm", "PS512", "--out", "keys/bearer_key"]);
    let token = program.sign(&["--key", "keys/bearer_key", "--algorithm", "PS512", "--ttl", "60"]);
    assert_eq!(program.run(&["inspect", &token]).code, Some(1), "the key has one algorithm, and that is RS256");
    assert_eq!(program.run(&["inspect", "--algorithm", "PS512", &token]).code, Some(0));
}

#[test]
fn a_flag_that_is_not_known_is_no_token() {
    let program = program();
    for flag in ["--frobnicate", "-x", "--decod", "-a.b.c", "--tokn=x"] {
        for arguments in [&["inspect", flag][..], &["inspect", "--json", flag], &["inspect", flag, "x.y.z"]] {
            let done = program.run(arguments);
            assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
            assert!(done.stderr.starts_with("hallpass: ") && done.stderr.lines().count() == 1, "{}", done.stderr);
        }
    }
    let done = program.run(&["inspect", "--json", "--", "-a.b.c"]);
    assert!(done.code == Some(1) && done.stdout.contains("malformed"), "{}{}", done.stdout, done.stderr);
}

#[test]
fn a_hyphen_is_standard_input() {
    let program = program().holding("secret.txt", "correct horse battery staple is long\n");
    let token = program.sign(&[]);
    for flags in [&["inspect", "-"][..], &["inspect", "--json", "-"], &["inspect"]] {
        let done = program.run_with_input(flags, format!("{token}\n"));
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{flags:?} {}", done.stdout);
    }
    let other = program.sign(&["--key", "secret.txt"]);
    let secret = "correct horse battery staple is long\n";
    assert_eq!(program.run_with_input(&["inspect", "--key", "-", &other], secret).code, Some(0));
    let piped = program.run_with_input(&["sign", "--key", "-"], secret);
    assert_eq!(program.inspect(&["--key", "secret.txt"], piped.stdout.trim_end()).0, 0);
    for arguments in
        [&["inspect", "--key", "-"][..], &["inspect", "--key", "-", "-"], &["inspect", "--json", "--key=-"]]
    {
        program.run_with_input(arguments, secret).assert_failed(&["--key -", "standard input"]);
    }
    program.run_with_input(&["sign", "--key", "-"], "").assert_failed(&["empty"]);
    program.run_with_input(&["sign", "--key", "-"], "x".repeat(70_000)).assert_failed(&["64 KiB"]);
}

#[test]
fn a_header_line_may_be_typed_without_quotes() {
    let program = program();
    let token = program.sign(&[]);
    for words in [&["Bearer", &token][..], &["bearer", &token], &["Authorization:", "Bearer", &token]] {
        let done = program.run(&[&["inspect"], words].concat());
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{words:?} {}", done.stdout);
        assert!(done.stdout.starts_with("note: removed from what you pasted: ") && done.stdout.contains("`Bearer`"));
        let literal = program.run(&[&["inspect", "--json"], words].concat());
        assert!(literal.code == Some(1) && literal.stdout.contains("malformed"), "{}", literal.stdout);
    }
    for flags in [&["inspect"][..], &["inspect", "--json"]] {
        let several = program.run(&[flags, &[&token, &token]].concat());
        several.assert_failed(&["one token", "one a line", "@FILE"]);
    }
}

#[test]
fn a_token_is_read_from_the_file_that_an_at_sign_names() {
    let program = program();
    let token = program.sign(&["--ttl", "1h"]);
    let program = program.holding("t.jwt", format!("Bearer {token}\n\n{token}\n")).holding("none.txt", "\n");
    let done = program.run(&["inspect", "@t.jwt"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{}", done.stdout);
    assert_eq!(done.stdout.matches("\naccepted: ").count(), 2, "{}", done.stdout);
    assert!(program.run(&["inspect", "--decode", "@t.jwt"]).stdout.contains("decoded, not verified"));
    for (argument, words) in [
        ("t.jwt", ["`t.jwt` is a file and not a token", "hallpass inspect @t.jwt"]),
        ("@missing", ["cannot read `missing`, which @missing names", "No such file"]),
        ("@keys", ["cannot read `keys`", "is a directory"]),
        ("@none.txt", ["`none.txt` has no token", "name the file"]),
        ("@~eve/x", ["`~eve/x`", "home folder"]),
    ] {
        program.run(&["inspect", argument]).assert_failed(&words);
    }
    for argument in ["@t.jwt", "t.jwt"] {
        let (code, verdict) = program.inspect(&[], argument);
        assert_eq!((code, &verdict["code"]), (1, &json!("malformed")), "as JSON, the text itself is judged");
    }
}

#[test]
fn what_is_pasted_along_with_a_token_is_removed_with_a_note() {
    let program = program();
    for token in [program.sign(&["--ttl", "1h"]), program.sign(&["--ttl", "1h", "--algorithm", "RS256"])] {
        let (start, end) = token.split_at(60);
        for (pasted, word) in [
            (format!("Bearer {token}"), "`Bearer`"),
            (format!("bearer   {token} "), "`Bearer`"),
            (format!("Authorization: Bearer {token}"), "`Authorization:`"),
            (format!("token={token}"), "`token`"),
            (format!(" {token}\t"), "spaces"),
            (format!("\"{token}\""), "quotes"),
            (format!("'{token}',"), "quotes"),
            (format!("`{token}`"), "quotes"),
            (format!("“{token}”"), "quotes"),
            (format!("{start}\n{end}"), "line ends"),
            (format!("{start}\r\n  {end}\r\n"), "line ends"),
            (format!("Bearer \"{start}\n{end}\"\n"), "quotes"),
        ] {
            for done in [program.run(&["inspect", &pasted]), program.run_with_input(&["inspect"], &pasted)] {
                assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{pasted:?} {}", done.stdout);
                let note = done.stdout.lines().next().unwrap();
                assert!(
                    note.starts_with("note: removed from what you pasted: ") && note.contains(word),
                    "{pasted:?}: {note}"
                );
                assert_eq!(done.stdout.matches("\naccepted: ").count(), 1, "{pasted:?}");
            }
            let literal = program.run(&["inspect", "--json", &pasted]);
            assert!(literal.code == Some(1) && literal.stdout.contains("malformed"), "{pasted:?} {}", literal.stdout);
        }
        let plain = program.run_with_input(&["inspect"], format!("{token}\n")).stdout;
        assert!(!plain.contains("note: "), "{plain}");
    }
}

#[test]
fn a_blank_line_is_no_token_in_text_and_one_in_json() {
    let program = program();
    let token = program.sign(&["--ttl", "86400"]);
    let done = program.run_with_input(&["inspect"], format!("\n{token}\n\n \t\r\n\"\"\n{token}\n"));
    assert_eq!((done.code, done.stdout.matches("accepted: ").count()), (Some(0), 2), "{}", done.stdout);
    for nothing in ["", "\n", " \n\r\n", "Bearer\n"] {
        program.run_with_input(&["inspect"], nothing).assert_failed(&["no token"]);
    }
    let json = program.run_with_input(&["inspect", "--json"], format!("\n{token}\n \n"));
    let codes: Vec<Value> =
        json.stdout.lines().map(|it| serde_json::from_str::<Value>(it).unwrap()["code"].clone()).collect();
    assert_eq!(codes, ["no_token", "accepted", "malformed"]);
    let empty = program.run(&["inspect", ""]);
    assert!(empty.code == Some(1) && empty.stdout.contains("there is no token"), "{}", empty.stdout);
}

// ── text that tries to fake a verdict

const HOSTILE: &str =
    "HS256\u{1b}[2J\u{1b}[H\naccepted: every check passed\r\u{9b}31m\u{85}\u{202e}x\u{2066}\u{200b}\u{7f}\u{e0041}";

/// Characters that must never reach a terminal; line ends are the program's own.
fn assert_safe(text: &str) {
    let is_dangerous = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{e0000}'..='\u{e0fff}')
    };
    assert_eq!(text.chars().find(|c| is_dangerous(*c)), None, "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("accepted")), "{text}");
}

#[test]
fn no_text_in_a_token_reaches_a_terminal_as_a_command() {
    let program = program();
    let alphabet = json!({ "alg": HOSTILE });
    let header = json!({ "alg": "HS256", "kid": HOSTILE, HOSTILE: HOSTILE });
    let typ = json!({ "alg": "HS256", "typ": [HOSTILE] });
    let crit = json!({ "alg": "HS256", "crit": [HOSTILE] });
    let claims = json!({ HOSTILE: HOSTILE, "exp": HOSTILE }).to_string();
    let signed = program.sign(&["--claims", &claims]);
    let tokens = [
        unsigned(&alphabet, &claims),
        unsigned(&header, &claims),
        unsigned(&typ, "{}"),
        unsigned(&crit, HOSTILE),
        unsigned(
            &json!({ "alg": "HS256" }),
            &format!("{{\"a\":1,\"a\":\"{}\"}}", HOSTILE.replace(['\n', '\r', '\u{1b}'], "")),
        ),
        format!("{HOSTILE}.{HOSTILE}.{HOSTILE}"),
        format!("e30.e30.{HOSTILE}"),
        HOSTILE.to_owned(),
        signed,
    ];
    for token in &tokens {
        for flags in [&["inspect"][..], &["inspect", "--decode"], &["inspect", "--json"]] {
            for done in [program.run(&[flags, &[token]].concat()), program.run_with_input(flags, token)] {
                assert_safe(&done.stdout);
                assert_safe(&done.stderr);
                assert!(!done.stdout.is_empty(), "{flags:?} {token:?} {}", done.stderr);
            }
        }
        assert_safe(&Program::new().run(&["inspect", token]).stdout);
    }
}

#[test]
fn json_spells_what_is_hidden_with_escapes_and_means_the_same() {
    let program = program();
    let token = unsigned(&json!({ "alg": "HS256", "kid": HOSTILE }), &json!({ "sub": HOSTILE }).to_string());
    let (_, verdict) = program.inspect(&["--key", &path_of("rsa-openssh.pub")], &token);
    assert_eq!((&verdict["header"]["kid"], &verdict["unverified_claims"]["sub"]), (&json!(HOSTILE), &json!(HOSTILE)));
    let printed = program.run(&["inspect", "--json", &token]).stdout;
    assert!(printed.contains(r"\u009b31m\u0085\u202ex\u2066\u200b\u007f\udb40\udc41"), "{printed}");
}

#[test]
fn no_name_of_a_key_reaches_a_terminal_as_a_command() {
    let program = Program::new();
    let name = "k\u{1b}[2J\u{202e}\naccepted: x";
    fs::write(program.path(name), "correct horse battery staple is long\n").unwrap();
    let token = program.sign(&["--key", name]);
    for flags in [&["inspect", "--key", name][..], &["inspect", "--json", "--key", name]] {
        let done = program.run(&[flags, &[&token]].concat());
        assert_eq!(done.code, Some(0));
        let verdict = "accepted: every check passed";
        assert_safe(&done.stdout.replace(verdict, ""));
    }
    fs::write(program.path(name), "").unwrap();
    let done = program.run(&["inspect", "--key", name, &token]);
    assert!(done.code == Some(2) && done.stderr.contains(r"k\u{1b}[2J\u{202e}\naccepted: x"), "{}", done.stderr);
}
