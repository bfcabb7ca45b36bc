//! `.env` and its kind: a value reaches the program as it stands, or the start is refused by line and cause.

use std::fs;

use crate::app::RawAnswer;
use crate::cli::Program;

/// The program's secret for Zoom, as its own token shows that it was taken.
fn is_taken(program: &Program, secret: &str) -> bool {
    let serving = program.serve(&[]);
    let host = serving.url.trim_start_matches("http://").to_owned();
    let body = r#"{"username":"susan","password":"secret"}"#;
    let answer = RawAnswer::to(
        &serving.url,
        format!(
            "POST /zoom/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/json\r\n\r\n{body}",
            body.len()
        ),
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.body.split('"').nth(3).unwrap().to_owned();
    fs::write(program.path("given.secret"), secret).unwrap();
    program.inspect(&["--key", "given.secret"], &token).0 == 0
}

#[test]
fn a_secret_is_taken_literally() {
    for (line, secret) in [
        ("ZOOM_API_SECRET=s3cr$t-key", "s3cr$t-key"),
        ("ZOOM_API_SECRET=${HOME}#x", "${HOME}#x"),
        (r"ZOOM_API_SECRET=a\nb\$c\\d", r"a\nb\$c\\d"),
        ("ZOOM_API_SECRET=two words", "two words"),
        ("\u{feff}ZOOM_API_SECRET=after-a-byte-order-mark", "after-a-byte-order-mark"),
        ("ZOOM_API_SECRET='in $quotes # \\n'\r", "in $quotes # \\n"),
        ("export ZOOM_API_SECRET=\"quoted $x # y\" # a comment", "quoted $x # y"),
    ] {
        let program = Program::with_keys().holding(".env", format!("{line}\nHOME=/nowhere\n"));
        assert!(is_taken(&program, secret), "{line}");
    }
}

#[test]
fn a_value_that_is_unclear_ends_the_start_with_line_and_cause_and_without_the_value() {
    for (line, cause) in [
        ("ZOOM_API_SECRET= hunter2", "blank"),
        ("ZOOM_API_SECRET=hunter2 ", "blank"),
        ("ZOOM_API_SECRET=hunter2 # mine", "`#`"),
        ("ZOOM_API_SECRET=#hunter2", "`#`"),
        ("ZOOM_API_SECRET=\"hunter2", "does not end with it"),
        ("ZOOM_API_SECRET='hunter2'hunter2", "closing '"),
        ("ZOOM_API_SECRET=\"hunter2\\n\"", "escape"),
        ("ZOOM_API_SECRET = hunter2", "before the `=`"),
        ("ZOOM-API-SECRET=hunter2", "NAME=value"),
        ("hunter2", "NAME=value"),
        ("ZOOM_API_SECRET=hunter2\u{1b}[2J", "control character"),
        ("HALLPASS_KEYS=hunter2", "set already on line 2"),
    ] {
        let file = format!("# mine\nHALLPASS_KEYS=k\n\n{line}\nHALLPASS_BIND=127.0.0.1:0\n");
        for command in [&[][..], &["serve"], &["sign"], &["user", "list"]] {
            let done = Program::new().holding(".env", &file).run(command);
            done.assert_failed(&["line 4 of `.env`", cause]);
            assert!(!done.stderr.contains("hunter2"), "{}", done.stderr);
        }
    }
    for bytes in [&b"A=1\nB=\xff\n"[..], b"A=1\nZOOM_API_SECRET=caf\xe9\n"] {
        Program::new().holding(".env", bytes).run(&[]).assert_failed(&["line 2 of `.env`", "UTF-8"]);
    }
    let utf16: Vec<u8> = "\u{feff}A=1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    Program::new().holding(".env", utf16).run(&[]).assert_failed(&["line 1 of `.env`", "UTF-16"]);
}

#[test]
fn values_of_other_programs_do_not_stop_this_one() {
    let file = "APP_NAME=shop # ours\nAPP_KEY=\"a\\nb\"\nHALLPASS_TOKEN_TTL=7\nEMPTY=\n";
    let page = Program::with_keys().holding(".env", file).serve(&[]).get("/").body;
    assert!(page.contains("7 seconds"), "the one line for us counts");
}

#[test]
fn made_up_credentials_are_read_by_the_same_rules() {
    let program = Program::new();
    program.serve(&[]).stop();
    let path = "keys/demo-credentials.env";
    let made = program.read(path);
    let with = |line: &str| {
        let changed: Vec<&str> =
            made.lines().map(|it| if it.starts_with("ZOOM_API_SECRET=") { line } else { it }).collect();
        fs::write(program.path(path), changed.join("\n")).unwrap();
    };
    for (line, secret) in
        [("ZOOM_API_SECRET=s3cr$t #key".replace(' ', ""), "s3cr$t#key"), ("ZOOM_API_SECRET='a b '".into(), "a b ")]
    {
        with(&line);
        assert!(is_taken(&program, secret), "{line}");
    }
    with("ZOOM_API_SECRET=hunter2 ");
    for command in [&[][..], &["--bind", "127.0.0.1:0"]] {
        let done = program.run(command);
        assert_eq!(done.code, Some(2));
        let last = done.stderr.lines().last().unwrap();
        assert!(last.contains("demo-credentials.env") && last.contains("line 6") && last.contains("blank"), "{last}");
        assert!(!done.stderr.contains("hunter2"), "{}", done.stderr);
    }
    let checked = program.run(&["check"]);
    assert!(checked.code == Some(2) && checked.stdout.contains("line 6"), "{}", checked.stdout);
}

#[test]
fn a_tilde_is_the_home_folder_wherever_a_path_stands() {
    let home = tempfile::TempDir::new().unwrap();
    let home_path = home.path().to_str().unwrap();
    let in_environment = Program::new().and("HOME", home_path).and("HALLPASS_KEYS", "~/a");
    let in_file = Program::new().and("HOME", home_path).holding(".env", "HALLPASS_KEYS=~/b\n");
    let flagged = Program::new().and("HOME", home_path);
    for (program, flags, folder) in
        [(&in_environment, &[][..], "a"), (&in_file, &[], "b"), (&flagged, &["--keys=~/c"], "c")]
    {
        assert_eq!(program.run(&[&["keygen"], flags].concat()).code, Some(0));
        assert!(home.path().join(folder).join("hs256.secret").is_file(), "{folder}");
        assert!(!program.path("~").exists());
        let token = program.sign(flags);
        let key = format!("--key=~/{folder}/hs256.secret");
        assert_eq!(program.inspect(&[&key], &token).0, 0);
        assert_eq!(program.run(&["sign", &key]).code, Some(0));
    }
    let url = "sqlite:~/users.db";
    let added = flagged.run_with_input(&["user", "add", "susan", "--database", url], "a password\n");
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    assert!(home.path().join("users.db").is_file() && !flagged.path("~").exists());
    for refused in ["~eve/keys", "$HOME/keys", "\"keys\""] {
        let done = Program::new().and("HOME", home_path).and("HALLPASS_KEYS", refused).run(&["keygen"]);
        done.assert_failed(&["--keys is `", "in the environment", "home folder"]);
        flagged.run(&["sign", "--key", refused]).assert_failed(&["--key is `", "on the command line"]);
    }
}

#[test]
fn nothing_that_the_build_or_the_tests_or_kubernetes_set_is_warned_of() {
    let names = [
        "HALLPASS_VERSION",
        "HALLPASS_TESTS",
        "HALLPASS_TEST_PYTHON",
        "HALLPASS_TEST_NODE_MODULES",
        "HALLPASS_TEST_AXE",
        "HALLPASS_TEST_CARGO_DEB",
        "HALLPASS_DB_SERVICE_HOST",
        "HALLPASS_DB_PORT_5432_TCP_ADDR",
    ];
    let program = names.iter().fold(Program::new(), |program, name| program.and(name, "1"));
    assert!(!program.run(&["check"]).stdout.contains("is set, but no setting"));
    let log = program.serve(&[]).log_to_the_end();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings, [""; 0], "a first start has nothing to warn of");
    assert!(log.contains("INFO") && log.contains("made-up demo accounts for Twilio, Zoom, TeleSign"), "{log}");
    let half = Program::new().and("ZOOM_API_KEY", "mine").serve(&[]).log_to_the_end();
    let warnings: Vec<&str> = half.lines().filter(|line| line.contains("WARN")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("account values of Zoom"), "{half}");
}
