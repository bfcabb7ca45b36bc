//! Files that others on the machine may read or change: named at the start and by a check, with the command that helps.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::cli::{Program, mode};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A program that has run once, so that all its files are there.
fn used() -> Program {
    let program = Program::new();
    program.serve(&[]).stop();
    program
}

/// The lines about what others may do: those of the log of a start, and those of a check.
fn warnings(program: &Program) -> [Vec<String>; 2] {
    let log = program.serve(&[]).log_at_rest();
    let checked = program.run(&["check"]);
    assert_eq!(checked.code, Some(0), "they are only warned of");
    [log, checked.stdout].map(|text| {
        let lines = text.lines().filter(|line| line.contains("others on this machine may"));
        lines.map(str::to_owned).collect()
    })
}

#[test]
fn everything_that_is_made_is_for_its_owner_alone() {
    let program = used();
    assert_eq!(mode(&program.path("keys")), 0o700);
    for entry in fs::read_dir(program.path("keys")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&program.path("hallpass.db")), 0o600);
    let serving = program.serve(&[]);
    for file in ["hallpass.db-wal", "hallpass.db-shm"] {
        assert_eq!(mode(&program.path(file)), 0o600, "{file}");
    }
    drop(serving);
    assert_eq!(warnings(&program), [vec![], Vec::<String>::new()]);

    let program = Program::new();
    program.run_with_input(&["user", "add", "susan"], "a password\n");
    program.run(&["keygen"]);
    assert_eq!((mode(&program.path("hallpass.db")), mode(&program.path("keys"))), (0o600, 0o700));
}

#[test]
fn what_others_may_read_or_change_is_warned_of_with_its_mode_and_the_command() {
    let program = used();
    for (file, exposed, may, command) in [
        ("keys", 0o755, "read", "chmod 700 keys"),
        ("keys", 0o733, "change", "chmod 700 keys"),
        ("keys", 0o770, "read and change", "chmod 700 keys"),
        ("keys/demo-credentials.env", 0o644, "read", "chmod 600 keys/demo-credentials.env"),
        ("keys/session.key", 0o640, "read", "chmod 600 keys/session.key"),
        ("keys/hs256.secret", 0o604, "read", "chmod 600 keys/hs256.secret"),
        ("keys/rest-api.secret", 0o620, "change", "chmod 600 keys/rest-api.secret"),
        ("keys/lab.secret", 0o666, "read and change", "chmod 600 keys/lab.secret"),
        ("keys/jwt_key", 0o644, "read", "chmod 600 keys/jwt_key"),
        ("keys/bearer_key", 0o660, "read and change", "chmod 600 keys/bearer_key"),
        ("keys/jwt_key.pub", 0o666, "change", "chmod 644 keys/jwt_key.pub"),
        ("hallpass.db", 0o644, "read", "chmod 600 hallpass.db"),
        ("hallpass.db", 0o662, "read and change", "chmod 600 hallpass.db"),
        (".", 0o777, "change", "chmod 775 ."),
    ] {
        let path = program.path(file);
        let before = mode(&path);
        set_mode(&path, exposed);
        for lines in warnings(&program) {
            let about: Vec<&String> =
                lines.iter().filter(|line| line.contains(&format!("may {may} `{file}`"))).collect();
            assert_eq!(about.len(), 1, "{file} {exposed:o}: {lines:?}");
            assert!(about[0].contains(&format!("(mode 0{exposed:o})")), "{lines:?}");
            assert!(about[0].contains(&format!("`{command}`")), "{lines:?}");
            assert!(about[0].contains("WARN") || about[0].starts_with("note   "), "{lines:?}");
        }
        set_mode(&path, before);
    }
    set_mode(&program.path("keys/jwt_key.pub"), 0o644);
    assert_eq!(warnings(&program), [vec![], Vec::<String>::new()], "a public key is for everybody to read");
}

#[test]
fn what_sqlite_keeps_beside_the_database_is_looked_at_too() {
    let program = used();
    for ending in ["-wal", "-shm"] {
        let path = program.path(&format!("hallpass.db{ending}"));
        let serving = program.serve(&[]);
        set_mode(&path, 0o644);
        let lines = program.run(&["check"]).stdout;
        assert!(
            lines.contains(&format!("note   files: others on this machine may read `hallpass.db{ending}` (mode 0644)")),
            "{lines}"
        );
        drop(serving);
    }
}

#[test]
fn an_env_file_is_warned_of_when_it_has_a_secret_or_anybody_may_change_it() {
    for (text, exposed, is_warned) in [
        ("ZOOM_API_SECRET=hunter2-hunter2\n", 0o644, true),
        ("HALLPASS_SESSION_STORE=\nHALLPASS_DATABASE=sqlite:a@b.db\n", 0o640, true),
        ("HALLPASS_TOKEN_TTL=7\n", 0o644, false),
        ("HALLPASS_TOKEN_TTL=7\n", 0o666, true),
        ("ZOOM_API_SECRET=hunter2-hunter2\n", 0o600, false),
    ] {
        let program = Program::new().holding(".env", text);
        set_mode(&program.path(".env"), exposed);
        for lines in warnings(&program) {
            let about: Vec<&String> = lines.iter().filter(|line| line.contains("`.env`")).collect();
            assert_eq!(about.len(), usize::from(is_warned), "{text} {exposed:o}: {lines:?}");
            assert!(
                about
                    .iter()
                    .all(|line| line.contains(".env`") && line.contains("chmod 6") && !line.contains("hunter2"))
            );
        }
    }
}

#[test]
fn a_folder_that_waits_for_its_keys_becomes_private_with_them() {
    let program = Program::new();
    fs::create_dir(program.path("keys")).unwrap();
    fs::write(program.path("keys/README.md"), "what lives here").unwrap();
    fs::write(program.path("keys/.gitignore"), "*").unwrap();
    set_mode(&program.path("keys"), 0o755);
    assert_eq!(warnings(&program), [vec![], Vec::<String>::new()]);
    assert_eq!(mode(&program.path("keys")), 0o700);
    set_mode(&program.path("keys"), 0o750);
    assert_eq!(warnings(&program)[0].len(), 1, "with keys in it, it stays as its owner made it");
    assert_eq!(mode(&program.path("keys")), 0o750);
}
