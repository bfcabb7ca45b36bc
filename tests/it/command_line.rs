//! What the command line says of itself: help, manual pages, completions, and errors that name the fix; and what `sign`
//! takes.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::keys::Algorithm;
use hallpass::settings::Setting;
use serde_json::{Value, json};

use crate::app::part;
use crate::cli::{Done, Program};
use crate::tools;

/// Every command, as it is typed.
const COMMANDS: &[&str] = &[
    "",
    "serve",
    "check",
    "sign",
    "inspect",
    "keygen",
    "rotate",
    "user",
    "user add",
    "user remove",
    "user list",
    "lab",
    "lab key",
    "completions",
    "man",
];

/// Two screens of a terminal of 50 lines.
const TWO_SCREENS: usize = 100;

fn help(command: &str) -> String {
    let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let done = Program::new().run(&arguments);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{command}");
    done.stdout
}

/// The text with single spaces in place of line ends and indentation.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The section of a help that stands under this heading.
fn under<'a>(help: &'a str, heading: &str) -> &'a str {
    let (_, after) =
        help.split_once(&format!("\n\n{heading}:\n")).unwrap_or_else(|| panic!("no {heading} in:\n{help}"));
    after.split("\n\n").next().unwrap()
}

/// A terminal that prints what a program writes: util-linux's `script`, which Debian always has.
fn on_a_terminal(program: &Program, command: &str, variables: &[(&str, &str)]) -> String {
    let hallpass = env!("CARGO_BIN_EXE_hallpass");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command.replace("hallpass", hallpass), "/dev/null"]);
    script.current_dir(program.path("")).env_clear().env("TERM", "xterm").envs(variables.iter().copied());
    let output = script.stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

// ── help

#[test]
fn help_names_every_setting_under_its_heading_with_its_default() {
    for arguments in [&["--help"][..], &["-h"], &["help"], &["serve", "--help"], &["check", "--help"]] {
        let done = Program::new().run(arguments);
        assert_eq!(done.code, Some(0));
        for Setting { flag, value, default, help, heading } in Setting::all() {
            let section = flowing(under(&done.stdout, &heading));
            // What is on or off may stand without its value.
            let forms = [format!("--{flag} <{value}>"), format!("--{flag} [<{value}>]")];
            let said = format!("{help} [default: {default}]");
            assert!(forms.iter().any(|form| section.contains(&format!("{form} {said}"))), "{flag}: {section}");
        }
    }
}

#[test]
fn every_help_fits_80_columns_and_that_of_the_program_two_screens() {
    for command in COMMANDS {
        let help = help(command);
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
            assert!(!line.contains('`'), "backticks are for Markdown: {line}");
        }
        assert!(help.lines().count() <= TWO_SCREENS, "{command}: {}", help.lines().count());
    }
}

#[test]
fn every_help_has_examples_and_commands_come_before_options() {
    for command in COMMANDS {
        let help = help(command);
        let examples = under(&help, "Examples");
        let of_command = format!("hallpass {command}");
        assert!(examples.lines().any(|line| line.contains(of_command.trim())), "{command}: {examples}");
        let (before, _) = help.split_once("--help  ").unwrap();
        let has_commands = matches!(*command, "" | "user" | "lab");
        assert_eq!(before.contains("\nCommands:\n"), has_commands, "{command}");
    }
    let all = help("");
    for command in COMMANDS.iter().filter(|command| !command.is_empty() && !command.contains(' ')) {
        assert!(under(&all, "Commands").contains(&format!("\n  {command} ")) || *command == "serve", "{command}");
    }
    assert!(all.contains("HALLPASS_BIND") && all.contains("RUST_LOG"), "{all}");
}

/// Examples that need no file, no server and no person.
#[test]
fn the_examples_of_help_work() {
    let program = Program::new().holding("claims.json", "{\"sub\": \"alice\"}\n");
    let (mut run, hallpass) = (0, env!("CARGO_BIN_EXE_hallpass"));
    for command in ["keygen", "sign", "user"] {
        let help = help(command);
        for example in under(&help, "Examples").lines().map(str::trim) {
            if example.contains("jq") || example.contains("/var") || example == "hallpass user add susan" {
                continue;
            }
            let mut bash = Command::new("bash");
            bash.args(["-c", &example.replace("hallpass", hallpass)])
                .current_dir(program.path(""))
                .stdin(Stdio::null());
            let done = Done::of(&mut bash);
            assert_eq!(done.code, Some(0), "{example}: {}", done.stderr);
            run += 1;
        }
    }
    assert!(run >= 7, "{run}");
}

#[test]
fn help_errors_and_verdicts_have_colours_on_a_terminal_only() {
    let program = Program::new();
    program.run(&["keygen"]);
    let token = program.sign(&[]);
    let verdict = format!("hallpass inspect {token}");
    for (command, word) in
        [("hallpass --help", "--bind"), ("hallpass --frobnicate", "hallpass:"), (&verdict, "accepted:")]
    {
        let coloured = on_a_terminal(&program, command, &[]);
        assert!(coloured.contains("\u{1b}[") && coloured.contains(word), "{command}: {coloured:?}");
        let plain = on_a_terminal(&program, command, &[("NO_COLOR", "1")]);
        assert!(!plain.contains('\u{1b}') && plain.contains(word), "{command}: {plain:?}");
        let piped = program.run(&command.split(' ').skip(1).collect::<Vec<_>>());
        assert!(!piped.stdout.contains('\u{1b}') && !piped.stderr.contains('\u{1b}'), "{command}");
    }
    let json = on_a_terminal(&program, &format!("hallpass inspect --json {token}"), &[]);
    let judged: Value = serde_json::from_str(json.trim()).unwrap();
    assert_eq!(judged["accepted"], true, "no colour in what programs read");
}

#[test]
fn inspect_says_on_a_terminal_that_it_waits_for_a_token_and_says_nothing_in_a_pipe() {
    let program = Program::new();
    program.run(&["keygen"]);
    let prompt = "Paste a token and press Enter.";
    assert!(on_a_terminal(&program, "hallpass inspect", &[]).contains(prompt));
    assert!(on_a_terminal(&program, "hallpass inspect --json -", &[]).contains(prompt));
    let token = program.sign(&[]);
    assert!(!on_a_terminal(&program, &format!("hallpass inspect {token}"), &[]).contains(prompt));
    let piped = program.run_with_input(&["inspect"], &token);
    assert_eq!((piped.code, piped.stderr.as_str()), (Some(0), ""));
}

// ── one source: help, manual pages, the manual and completions

/// The text of a manual page, without what only roff reads.
fn unformatted(page: &str) -> String {
    let plain = ["\\fB", "\\fI", "\\fR"].iter().fold(page.to_owned(), |page, font| page.replace(font, ""));
    flowing(&plain.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\(aq", "'"))
}

#[test]
fn a_manual_page_for_each_command_says_what_its_help_says() {
    let program = Program::new();
    let done = program.run(&["man", "pages"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{}", done.stdout);
    let page = |command: &str| {
        let name = format!("hallpass {command}").trim_end().replace(' ', "-");
        program.read(&format!("pages/{name}.1"))
    };
    assert_eq!(done.stdout.lines().count(), COMMANDS.len());
    for command in COMMANDS {
        let (page, help) = (unformatted(&page(command)), help(command));
        let usage = flowing(help.split_once("Usage: ").unwrap().1.split_once('\n').unwrap().0);
        assert!(page.contains(&format!(".SH SYNOPSIS {usage}")), "{command}: {page}");
        for example in under(&help, "Examples").lines() {
            assert!(page.contains(&flowing(example)), "{command}: {example}");
        }
    }
    for page in [page(""), page("serve"), page("check")].map(|page| unformatted(&page)) {
        for Setting { flag, value, default, help, heading } in Setting::all() {
            let (_, section) = page.split_once(&format!(".SH \"{}\"", heading.to_uppercase())).unwrap_or_else(|| {
                page.split_once(&format!(".SH {} ", heading.to_uppercase())).unwrap_or_else(|| panic!("{heading}"))
            });
            let (_, said) = section.split_once(&format!("--{flag} ")).unwrap_or_else(|| panic!("{flag}: {section}"));
            let (said, _) = said.split_once(".TP").unwrap_or((said, ""));
            for fact in [&value, &format!("[default: {default}]"), &help] {
                assert!(said.contains(fact.as_str()), "{flag}: {fact} is not in {said}");
            }
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named_by_man() {
    let program = Program::new().holding("file", "");
    program.run(&["man", "file/pages"]).assert_failed(&["cannot write the manual page `file/pages`"]);
    program.run(&["man", "~eve/pages"]).assert_failed(&["~eve/pages", "home folder"]);
}

#[test]
fn completions_know_every_command_and_every_setting_in_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let done = Program::new().run(&["completions", shell]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{shell}");
        let words = Setting::all().into_iter().map(|setting| setting.flag);
        let commands = COMMANDS.iter().filter(|command| !command.is_empty() && !command.contains(' '));
        for word in words.chain(commands.map(|command| (*command).to_owned())) {
            assert!(done.stdout.contains(&word), "{shell} does not know {word}");
        }
    }
    let done = Program::new().run(&["completions", "tcsh"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("bash, elvish, fish, powershell, zsh"), "{}", done.stderr);
    let script = Program::new().run(&["completions", "bash"]).stdout;
    let program = Program::new().holding("script", script);
    let ask = "source ./script; COMP_WORDS=(hallpass sign --cl) COMP_CWORD=2; _hallpass hallpass --cl sign; \
               echo \"${COMPREPLY[*]}\"";
    let done = Done::of(Command::new("bash").args(["-c", ask]).current_dir(program.path("")));
    assert_eq!(done.stdout, "--claims\n", "{}", done.stderr);
}

// ── errors

#[test]
fn a_flag_of_the_server_before_another_command_is_an_error_that_says_what_to_do() {
    for (arguments, words) in [
        (&["--bind", "127.0.0.1:0", "sign"][..], ["--bind before `sign`", "leave it out"]),
        (&["--algorithm", "RS256", "sign"], ["--algorithm before `sign`", "hallpass sign --algorithm"]),
        (&["--token-ttl", "5", "inspect", "x.y.z"], ["--token-ttl before `inspect`", "leave it out"]),
        (&["--keys", "k", "user", "list"], ["--keys before `user`", "leave it out"]),
        (&["--database", "sqlite:a.db", "keygen"], ["--database before `keygen`", "leave it out"]),
        (&["--tls-self-signed=true", "man", "pages"], ["--tls-self-signed before `man`", "leave it out"]),
    ] {
        let program = Program::new();
        let done = program.run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(words.iter().all(|word| done.stderr.contains(word)), "{}", done.stderr);
        assert_eq!(fs::read_dir(program.path("")).unwrap().count(), 0, "{arguments:?} makes nothing");
    }
    let program = Program::new();
    for arguments in
        [&["--keys", "k", "keygen"][..], &["--database", "sqlite:a.db", "user", "list"], &["--keys", "k", "check"]]
    {
        assert_eq!(program.run(arguments).code, Some(0), "{arguments:?}: the command reads that setting too");
    }
}

#[test]
fn what_is_mistyped_gets_a_suggestion() {
    for (arguments, suggested) in
        [(&["--databse", "x"][..], "`--database`"), (&["sign", "--algoritm", "HS256"], "`--algorithm`")]
    {
        let done = Program::new().run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.contains("similar") && done.stderr.contains(suggested), "{}", done.stderr);
    }
    for (arguments, meant) in [
        (&["sing"][..], "sign"),
        (&["help", "sing"], "sign"),
        (&["user", "lst"], "list"),
        (&["help", "user", "lst"], "list"),
    ] {
        let done = Program::new().run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.contains(&format!("did you mean `{meant}`?")), "{}", done.stderr);
    }
}

#[test]
fn what_is_on_or_off_is_spelled_alike_in_every_setting() {
    let is_taken =
        |flag: &str, value: &str| Program::new().run(&["check", &format!("--{flag}={value}")]).code == Some(0);
    for flag in ["test-mode", "class", "tls-self-signed"] {
        for value in ["on", "OFF", "True", "false", "yes", "No", "1", "0"] {
            assert!(is_taken(flag, value), "--{flag}={value}");
        }
        assert!(!is_taken(flag, "maybe"), "--{flag}");
    }
    assert!(is_taken("phone-rate", "No") && is_taken("login-rate", "OFF") && is_taken("test-mode", "Exposed"));
}

#[test]
fn the_example_that_signs_and_inspects_works_with_and_without_keys() {
    if !tools::are_here(&["bash", "openssl"]) {
        return;
    }
    let help = help("");
    let lines: Vec<&str> = under(&help, "Examples").lines().filter(|line| line.contains("inspect")).collect();
    assert_eq!(lines.len(), 1, "{help}");
    let script = lines[0].replace("hallpass", env!("CARGO_BIN_EXE_hallpass"));
    for program in [Program::new(), Program::with_keys()] {
        for _ in 0..2 {
            let mut bash = Command::new("bash");
            bash.args(["-e", "-o", "pipefail", "-c", &script]).current_dir(program.path(""));
            let done = Done::of(&mut bash);
            assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{script}");
            assert!(done.stdout.contains("accepted: every check passed"), "{}", done.stdout);
        }
    }
}

#[test]
fn a_port_over_the_largest_is_told_so() {
    let said = "accepted: a port from 0 to 65535, and 99999 is over it; write localhost:5000";
    Program::new().run(&["--bind", "127.0.0.1:99999"]).assert_failed(&["--bind is `127.0.0.1:99999`", said]);
}

#[test]
fn an_address_without_a_port_is_told_what_is_missing() {
    for (given, missing, whole) in
        [("localhost", "port", "localhost:5000"), ("::1", "port", "[::1]:5000"), ("8080", "host", "localhost:8080")]
    {
        let said = format!("the {missing} is missing, so write {whole}");
        Program::new().run(&["--bind", given]).assert_failed(&[&format!("--bind is `{given}`"), &said]);
    }
}

#[test]
fn json_without_its_quotes_is_told_to_stand_in_single_quotes() {
    for arguments in [
        &["sign", "--claims", "{sub:", "alice}"][..],
        &["sign", "--claims", "{sub:alice}"],
        &["sign", "--claims", "{sub:", "alice,", "admin:", "true}"],
    ] {
        let done = Program::with_keys().run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.contains("single quotes"), "{}", done.stderr);
        assert!(done.stderr.contains("--claims '{\"sub\": \"alice\"}'"), "{}", done.stderr);
    }
}

#[test]
fn sign_warns_of_a_secret_that_is_shorter_than_the_hash() {
    for (algorithm, least) in [("HS256", 32), ("HS384", 48), ("HS512", 64)] {
        for bytes in [8, least - 1, least] {
            let program = Program::new().holding("secret", "s".repeat(bytes));
            let done = program.run(&["sign", "--key", "secret", "--algorithm", algorithm]);
            assert!(done.code == Some(0) && done.stdout.starts_with("eyJ"), "{}", done.stderr);
            let said =
                format!("warning: the secret is weak: it has {bytes} bytes, and {algorithm} needs {least} or more");
            assert_eq!(done.stderr.starts_with(&said), bytes < least, "{}", done.stderr);
            assert_eq!(done.stderr.contains("RFC 7518 §3.2"), bytes < least, "{}", done.stderr);
            assert!(!done.stderr.contains("ssss"), "the secret is not printed");
        }
    }
}

/// What another tool calls it, and what works here. The list of all these words is tested beside it.
#[test]
fn the_words_of_other_tools_lead_to_a_command_that_works() {
    let program = Program::new();
    program.run(&["keygen"]);
    let token = program.sign(&["--ttl", "1h"]);
    let program = program.holding("t.jwt", &token);
    for (typed, advice, works) in [
        (&["sign", "--exp", "1h"][..], "--ttl 1h", &["sign", "--ttl", "1h"][..]),
        (
            &["sign", "--aud", "orders"],
            "--claims '{\"aud\": \"orders\"}'",
            &["sign", "--claims", "{\"aud\": \"orders\"}"],
        ),
        (&["sign", "--subject", "eve"], "--sub eve", &["sign", "--sub", "eve"]),
        (&["sign", "--alg", "hs256"], "--algorithm hs256", &["sign", "--algorithm", "hs256"]),
        (
            &["sign", "--typ", "at+jwt"],
            "--header '{\"typ\": \"at+jwt\"}'",
            &["sign", "--header", "{\"typ\": \"at+jwt\"}"],
        ),
        (&["generate"], "hallpass sign", &["sign"]),
        (&["verify", &token], "hallpass inspect TOKEN", &["inspect", &token]),
        (&["decode", &token], "hallpass inspect --decode TOKEN", &["inspect", "--decode", &token]),
        (&["inspect", "--file", "t.jwt"], "hallpass inspect @t.jwt", &["inspect", "@t.jwt"]),
        (&[&token], "hallpass inspect TOKEN", &["inspect", &token]),
        (&["check", "--port", "8080"], "--bind 127.0.0.1:8080", &["check", "--bind", "127.0.0.1:8080"]),
        (&["check", "--host", "localhost"], "--bind localhost:5000", &["check", "--bind", "localhost:5000"]),
        (&["config"], "hallpass check", &["check"]),
        (&["version"], "hallpass --version", &["--version"]),
        (&["user", "ls"], "hallpass user list", &["user", "list"]),
    ] {
        let done = program.run(typed);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{typed:?}");
        assert!(done.stderr.contains(&format!("; use {advice}")), "{typed:?}: {}", done.stderr);
        assert!(!done.stderr.contains("similar"), "{}", done.stderr);
        let done = program.run(works);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{works:?}");
    }
}

#[test]
fn what_is_no_key_is_named_as_what_it_is_and_a_key_is_not_printed() {
    let program = Program::with_keys();
    program.run(&["keygen"]);
    let token = program.sign(&[]);
    let program = program.holding("token.txt", format!("{token}\n"));
    for arguments in [&["sign", "--key", "token.txt"][..], &["inspect", "--key", "token.txt", &token]] {
        program.run(arguments).assert_failed(&[
            "token.txt",
            "it holds a token and not a key",
            "name the file of the key",
        ]);
    }
    program.run_with_input(&["sign", "--key", "-"], &token).assert_failed(&["it holds a token"]);
    let private = program.read("keys/jwt_key");
    let secret = "correct-horse-battery-staple-is-long";
    for key in [private.as_str(), secret, "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}"] {
        for arguments in
            [&["sign", "--key", key][..], &["inspect", "--key", key, &token], &["sign", &format!("--key={key}")]]
        {
            let done = program.run(arguments);
            assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{}", done.stderr);
            assert!(
                done.stderr.contains("this is the text of a key") && done.stderr.contains("--key -"),
                "{}",
                done.stderr
            );
            for part in key.lines().skip(usize::from(key.contains('\n'))) {
                assert!(!done.stderr.contains(part), "{}", done.stderr);
            }
        }
    }
    program.run(&["sign", "--key", "missing"]).assert_failed(&["`missing`", "takes the name of a file"]);
}

#[test]
fn a_user_without_a_password_is_told_how_to_give_one() {
    let program = Program::new();
    for (input, why) in [("", "no password came on standard input"), ("\n", "the password is empty")] {
        let done = program.run_with_input(&["user", "add", "it's"], input);
        done.assert_failed(&[why, r"hallpass user add 'it'\''s' <<< "]);
    }
    let closed = format!("exec {} user add susan <&-", env!("CARGO_BIN_EXE_hallpass"));
    let done = Done::of(Command::new("bash").args(["-c", &closed]).current_dir(program.path("")).env_clear());
    done.assert_failed(&["no password came on standard input", "hallpass user add susan <<<"]);
    assert!(!program.path("hallpass.db").exists());
}

#[test]
fn an_unknown_algorithm_is_answered_with_the_list_of_all() {
    for arguments in
        [&["sign", "--algorithm", "none"][..], &["inspect", "--algorithm", "none"], &["keygen", "--algorithm", "none"]]
    {
        let done = Program::new().run(arguments);
        assert_eq!(done.code, Some(2));
        assert!(Algorithm::NAMES.iter().all(|name| done.stderr.contains(name)), "{}", done.stderr);
    }
}

// ── what commands take

#[test]
fn an_algorithm_may_be_typed_in_any_case() {
    let program = Program::new();
    assert_eq!(program.run(&["keygen", "--algorithm", "rs256"]).code, Some(0));
    let token = program.sign(&["--algorithm", "Rs256"]);
    assert!(part(&token, 0).contains("\"alg\":\"RS256\""), "the token has it as the standard writes it");
    assert_eq!(program.inspect(&["--algorithm", "rS256"], &token).0, 0);
    let checked = program.run(&["check", "--algorithm", "hs256", "--bearer-algorithm", "eddsa"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    let header = json!({ "alg": "hs256" });
    let other = program.sign(&["--algorithm", "rs256"]);
    let lower = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), other.split_once('.').unwrap().1);
    assert_eq!(program.inspect(&[], &lower).1["code"], "alg_not_allowed", "in a token, case matters");
}

#[test]
fn a_server_listens_on_localhost_and_without_a_host_on_this_machine_alone() {
    let program = Program::with_keys();
    for address in ["localhost:0", ":0"] {
        let serving = program.serve_at(address, &[]);
        assert!(serving.url.starts_with("http://127.0.0.1:"), "{address}: {}", serving.url);
        assert_eq!(serving.get("/healthz").status, 200);
    }
}

#[test]
fn claims_and_header_come_from_the_command_line_a_file_or_standard_input() {
    let program = Program::new().holding("claims.json", "{\"sub\": \"alice\",\n \"n\": 1.50}\n");
    program.run(&["keygen"]);
    let payload = r#"{"sub":"alice","n":1.5}"#;
    let from_file = program.sign(&["--claims", "@claims.json"]);
    assert_eq!(part(&from_file, 1), payload);
    for stdin in ["-", "@-"] {
        let done = program.run_with_input(&["sign", "--claims", stdin], program.read("claims.json"));
        assert_eq!((done.code, done.stdout.trim_end()), (Some(0), from_file.as_str()), "{}", done.stderr);
    }
    let done = program.run_with_input(&["sign", "--header", "-"], r#"{"typ":"at+jwt"}"#);
    assert_eq!(part(done.stdout.trim_end(), 0), r#"{"alg":"HS256","typ":"at+jwt"}"#);
    for (arguments, words) in [
        (["sign", "--claims", "@missing.json"], ["`missing.json`, which --claims names", "No such file"]),
        (["sign", "--claims", "claims.json"], ["`claims.json` is the name of a file", "--claims @claims.json"]),
        (["sign", "--header", "claims.json"], ["`claims.json` is the name of a file", "--header @claims.json"]),
        (["sign", "--claims", "clams.json"], ["--claims must be a JSON object", "@FILE"]),
        (["sign", "--header", "[]"], ["--header must be a JSON object", "@FILE"]),
        (["sign", "--claims", "@~eve/x"], ["~eve/x", "home folder"]),
    ] {
        program.run(&arguments).assert_failed(&words);
    }
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    program.run_with_input(&["sign", "--claims", "-"], large).assert_failed(&["standard input", "64 KiB"]);
    for two in [["--claims", "-", "--key", "-"], ["--claims", "-", "--header", "-"], ["--header", "@-", "--key", "-"]] {
        let done = program.run_with_input(&[&["sign"], &two[..]].concat(), "{}");
        done.assert_failed(&["standard input can be only one of", two[0], two[2]]);
    }
}

#[test]
fn a_header_has_further_members_and_the_kid_that_is_asked_for() {
    let program = Program::new();
    program.run(&["keygen"]);
    let header = |arguments: &[&str]| part(&program.sign(arguments), 0);
    assert_eq!(header(&["--kid", "k1"]), r#"{"alg":"HS256","kid":"k1","typ":"JWT"}"#);
    let further = r#"{"typ":"at+jwt","jku":"https://keys.example","x":{"y":[1]}}"#;
    let all = r#"{"alg":"HS256","kid":"k1","typ":"at+jwt","jku":"https://keys.example","x":{"y":[1]}}"#;
    assert_eq!(header(&["--header", further, "--kid", "k1"]), all);
    assert_eq!(program.inspect(&[], &program.sign(&["--header", further])).1["code"], "header_not_allowed");
    for (member, fix) in [("alg", "--algorithm"), ("kid", "--kid"), ("b64", "leave it out")] {
        let given = format!("{{\"{member}\":\"x\"}}");
        program.run(&["sign", "--header", &given]).assert_failed(&[&format!("--header has `{member}`"), fix]);
    }
}

#[test]
fn the_kid_picks_the_key_of_a_set_that_signs() {
    let oct = |kid: &str, byte: u8| json!({ "kty": "oct", "kid": kid, "k": URL_SAFE_NO_PAD.encode([byte; 32]) });
    let set = json!({ "keys": [oct("a", 1), oct("b", 2)] });
    let program = Program::new().holding("set.json", set.to_string()).holding("b.json", oct("b", 2).to_string());
    let token = program.sign(&["--key", "set.json", "--kid", "b"]);
    assert_eq!(program.inspect(&["--key", "b.json"], &token).0, 0);
    program.run(&["sign", "--key", "set.json"]).assert_failed(&["set.json", "a, b"]);
}

// ── the first start

#[test]
fn a_newcomer_s_first_screen_has_the_url_a_line_on_keys_one_on_demo_accounts_and_no_warning() {
    let program = Program::new();
    let log = program.serve(&[]).log_to_the_end();
    let said: Vec<&str> = log.lines().filter(|line| !line.contains("shutting down")).collect();
    assert_eq!(said.len(), 2, "{log}");
    assert!(said[0].contains("INFO") && said[0].contains("made keys in `keys`: hs256.secret"), "{log}");
    assert!(!said[0].contains(".pub"), "{log}");
    assert!(
        said[1].contains("INFO")
            && said[1].contains("made-up demo accounts for Twilio, Zoom, TeleSign: their tokens work here"),
        "{log}"
    );
    let again = program.serve(&[]).log_to_the_end();
    assert!(!again.contains("made keys") && again.contains("demo accounts"), "{again}");
}
