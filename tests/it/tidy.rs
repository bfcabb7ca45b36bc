//! The project's rules that no compiler knows: who may import whom, and where the foreign crates stay.

mod imports;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Imports, circle};

/// The modules from the inside out: each may import those before it.
const LAYERS: [&str; 23] = [
    "code", "sync", "input", "clock", "random", "budget", "work", "redis", "texts", "der", "keys", "token", "profiles",
    "lab", "store", "limits", "accounts", "oauth", "settings", "log", "web", "testing", "cli",
];

/// The same within `web`. Those of one row import nothing of each other.
const WEB_LAYERS: [&[&str]; 7] =
    [&["metrics"], &["http"], &["session"], &["view"], &["site", "api"], &["routes"], &["server"]];

/// Which modules a foreign crate may be named in.
const CONFINED: [(&str, &[&str]); 25] = [
    ("actix_cors", &["web"]),
    ("argon2", &["accounts"]),
    ("ipnet", &["limits"]),
    ("prometheus_client", &["web"]),
    ("pulldown_cmark", &["texts", "web"]),
    ("qrcode", &["web"]),
    ("rpassword", &["cli"]),
    ("actix_web", &["web", "testing", "cli"]),
    ("actix_session", &["web"]),
    ("askama", &["web"]),
    ("clap", &["settings", "cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("jsonwebtoken", &["keys", "token"]),
    ("sqlx", &["store"]),
    ("rustls", &["store", "web"]),
    ("rcgen", &["web"]),
    ("rustix", &["keys", "web", "work"]),
    ("std::env", &["settings"]),
    ("anstream", &["log", "cli"]),
    ("env_filter", &["log"]),
    ("env_logger", &["log"]),
    ("deadpool_redis", &["redis"]),
    ("anyhow", &["web"]),
    ("SystemRandom", &["random", "keys"]),
];

/// The Rust files below this folder of the repository.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Every source file with the top-level module it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files("src").into_iter().map(|path| {
        let first = path.strip_prefix(&root).unwrap().iter().next().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        (first.trim_end_matches(".rs").to_owned(), path, text)
    });
    files.collect()
}

/// The code without comment lines, which may speak of anything.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn imports() -> Imports {
    Imports::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

/// How far from the inside a name stands in these rows.
fn rank(rows: &[&[&str]], name: &str) -> usize {
    rows.iter().position(|row| row.contains(&name)).unwrap_or_else(|| panic!("{name} is in no layer"))
}

/// The rule for the children of one module: each imports only those of the rows before its own.
fn assert_layers(parent: &[&str], rows: &[&[&str]]) {
    let siblings = imports().siblings();
    let family = &siblings[&parent.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    for (child, named) in family.iter().filter(|(child, _)| !matches!(child.as_str(), "main" | "lib")) {
        for other in named {
            assert!(rank(rows, other) < rank(rows, child), "{child} imports {other}, which comes after it");
        }
    }
}

#[test]
fn modules_import_only_those_before_them() {
    assert_layers(&[], &LAYERS.map(|name| &*Box::leak(Box::new([name]))).map(|row| &row[..]));
    assert_layers(&["web"], &WEB_LAYERS);
}

#[test]
fn no_modules_import_each_other_in_a_circle_at_any_depth() {
    let circles: BTreeMap<String, String> = imports()
        .siblings()
        .iter()
        .filter_map(|(parent, family)| Some((parent.join("::"), circle(family)?.join(" -> "))))
        .collect();
    assert_eq!(circles, BTreeMap::new());
}

#[test]
fn every_layer_has_a_file() {
    let modules: Vec<String> = sources().into_iter().map(|(module, ..)| module).collect();
    for layer in LAYERS {
        assert!(modules.iter().any(|module| module == layer), "there is no module {layer}");
    }
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    for (module, path, text) in sources() {
        for (foreign, allowed) in CONFINED {
            let used = code(&text).any(|line| line.contains(&format!("{foreign}::")));
            assert!(!used || allowed.contains(&module.as_str()), "{} uses {foreign}", path.display());
        }
    }
}

/// The naive verifiers say yes to forgeries: nothing but the lab may hear them.
#[test]
fn only_the_lab_asks_a_naive_verifier() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut askers = 0;
    for (_, path, text) in sources() {
        let relative = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let in_lab = ["lab/", "lab.rs", "web/site/lab/", "web/site/lab.rs"].iter().any(|it| relative.starts_with(it));
        let asks = code(&text).any(|line| ["naive::", "lab::naive", "naive as"].iter().any(|it| line.contains(it)));
        assert!(in_lab || !asks, "{relative} names a naive verifier");
        askers += usize::from(asks);
    }
    assert!(askers > 5, "the naive verifiers are gone, or have another name");
}

/// A forgery's paths, addresses and commands are text: the lab has nothing at hand to follow them with.
#[test]
fn the_lab_opens_no_file_makes_no_request_and_runs_nothing() {
    for (module, path, text) in sources().into_iter().filter(|(module, ..)| module == "lab") {
        for means in ["std::fs", "std::net", "std::process", "std::io", "tokio", "File::", "Command::", "TcpStream"] {
            assert!(code(&text).all(|line| !line.contains(means)), "{} of {module} names {means}", path.display());
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    for (_, path, text) in sources() {
        assert!(text.starts_with("//! "), "{} does not open with its purpose", path.display());
    }
}

/// The formatter keeps code within this width, and leaves comments as they are.
#[test]
fn comments_are_at_most_120_columns_wide() {
    for path in ["src", "tests", "benches"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| line.trim_start().starts_with("//")) {
            assert!(line.chars().count() <= 120, "{}:{number} is wider: {line}", path.display());
        }
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    for (_, path, text) in sources() {
        for line in code(&text).filter(|line| line.contains("#[expect(") || line.contains("#![expect(")) {
            let whole = &text[text.find(line).unwrap()..];
            let attribute = &whole[..whole.find(")]").unwrap()];
            assert!(attribute.contains("reason = "), "{}: {line} has no reason", path.display());
        }
        assert!(code(&text).all(|line| !line.contains("#[allow(")), "{} allows a lint", path.display());
    }
}
