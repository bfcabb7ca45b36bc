//! The code that lessons show, run against the real libraries. The mistake accepts the forgery and the fix refuses it;
//! both accept what is genuine.
//!
//! The cases of a lesson are in `cases.rs` beside its code. Python and Node run once, over all cases.

#[path = "../../../templates/lab/lessons/anatomy/code/cases.rs"]
mod anatomy;
#[path = "../../../templates/lab/lessons/token-of-another-service/code/cases.rs"]
mod another_service;
#[path = "../../../templates/lab/lessons/cookie-laboratory/code/cases.rs"]
mod cookie_laboratory;
#[path = "../../../templates/lab/lessons/cross-site-forms/code/cases.rs"]
mod cross_site_forms;
#[path = "../../../templates/lab/lessons/cross-site-forms-part-two/code/cases.rs"]
mod cross_site_forms_two;
#[path = "../../../templates/lab/lessons/hs256-or-rs256/code/cases.rs"]
mod hs256_or_rs256;
#[path = "../../../templates/lab/lessons/key-confusion/code/cases.rs"]
mod key_confusion;
#[path = "../../../templates/lab/lessons/keys-in-the-header/code/cases.rs"]
mod keys_in_the_header;
#[path = "../../../templates/lab/lessons/log-in-with-a-code/code/cases.rs"]
mod log_in_with_a_code;
#[path = "../../../templates/lab/lessons/logout/code/cases.rs"]
mod logout;
#[path = "../../../templates/lab/lessons/need-a-jwt/code/cases.rs"]
mod need_a_jwt;
#[path = "../../../templates/lab/lessons/none/code/cases.rs"]
mod none;
#[path = "../../../templates/lab/lessons/recover-the-public-key/code/cases.rs"]
mod recover_the_public_key;
#[path = "../../../templates/lab/lessons/rotation/code/cases.rs"]
mod rotation;
#[path = "../../../templates/lab/lessons/script-reach/code/cases.rs"]
mod script_reach;
#[path = "../../../templates/lab/lessons/session-fixation/code/cases.rs"]
mod session_fixation;
#[path = "../../../templates/lab/lessons/set-cookie/code/cases.rs"]
mod set_cookie;
#[path = "../../../templates/lab/lessons/size-limit/code/cases.rs"]
mod size_limit;
#[path = "../../../templates/lab/lessons/start-here/code/cases.rs"]
mod start_here;
#[path = "../../../templates/lab/lessons/stay-logged-in/code/cases.rs"]
mod stay_logged_in;
#[path = "../../../templates/lab/lessons/tamper/code/cases.rs"]
mod tamper;
#[path = "../../../templates/lab/lessons/tied-to-you/code/cases.rs"]
mod tied_to_you;
#[path = "../../../templates/lab/lessons/two-clocks/code/cases.rs"]
mod two_clocks;
#[path = "../../../templates/lab/lessons/weak-secret/code/cases.rs"]
mod weak_secret;
#[path = "../../../templates/lab/lessons/where-to-keep-it/code/cases.rs"]
mod where_to_keep_it;

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::lab::lessons::LESSONS;
use serde_json::{Value, json};

use crate::tools;

/// The lessons with code, in the order of the course.
const LESSON_CODE: &[Entry] = &[
    ("start-here", start_here::code),
    ("anatomy", anatomy::code),
    ("set-cookie", set_cookie::code),
    ("script-reach", script_reach::code),
    ("where-to-keep-it", where_to_keep_it::code),
    ("two-clocks", two_clocks::code),
    ("tamper", tamper::code),
    ("hs256-or-rs256", hs256_or_rs256::code),
    ("none", none::code),
    ("key-confusion", key_confusion::code),
    ("recover-the-public-key", recover_the_public_key::code),
    ("keys-in-the-header", keys_in_the_header::code),
    ("weak-secret", weak_secret::code),
    ("cookie-laboratory", cookie_laboratory::code),
    ("cross-site-forms", cross_site_forms::code),
    ("cross-site-forms-part-two", cross_site_forms_two::code),
    ("session-fixation", session_fixation::code),
    ("token-of-another-service", another_service::code),
    ("log-in-with-a-code", log_in_with_a_code::code),
    ("stay-logged-in", stay_logged_in::code),
    ("tied-to-you", tied_to_you::code),
    ("logout", logout::code),
    ("rotation", rotation::code),
    ("size-limit", size_limit::code),
    ("need-a-jwt", need_a_jwt::code),
];

/// What else the fixes do. The mistakes are left out: what they do with these arguments depends on the library.
const CALLS_OF_FIXES: &[CallsOfFix] = &[
    ("two-clocks", two_clocks::calls_of_fix),
    ("hs256-or-rs256", hs256_or_rs256::calls_of_fix),
    ("cookie-laboratory", cookie_laboratory::calls_of_fix),
    ("log-in-with-a-code", log_in_with_a_code::calls_of_fix),
    ("tied-to-you", tied_to_you::calls_of_fix),
    ("logout", logout::calls_of_fix),
    ("rotation", rotation::calls_of_fix),
    ("need-a-jwt", need_a_jwt::calls_of_fix),
];

/// Calls in the code of fixes that work in one version or build of a library only: the ending of the file, the call,
/// and what is wrong.
const UNSURE_CALLS: &[(&str, &str, &str)] = &[
    ("py", "jwt.PyJWK(key)", "PyJWT 2.10 to 2.12 verify with the algorithm of a PyJWK, not with the list"),
    ("mjs", "importJWK(key)", "jose refuses a JWK without `alg`"),
    ("rs", "from_rsa_der(pem::parse", "jsonwebtoken with the feature `rust_crypto` reads PKCS#1, and this gives SPKI"),
];

/// A lesson's slug, and calls of its fix.
type CallsOfFix = (&'static str, fn() -> Vec<Call>);

/// The arguments of a fix, and what it returns.
type Call = (Vec<Value>, Outcome);

/// A lesson's slug, and its cases.
type Entry = (&'static str, fn() -> LessonCode);

/// The cases of one lesson.
struct LessonCode {
    cases: Vec<Case>,
    /// The lesson's Rust code, with its arguments taken out of a list.
    rust: [fn(&[Value]) -> Outcome; 2],
}

/// What the code does with these arguments.
struct Case {
    arguments: Vec<Value>,
    mistake: Outcome,
    fix: Outcome,
}

/// What a function returns; `None` if it refuses.
type Outcome = Option<Value>;

impl Case {
    /// The mistake accepts a forgery and returns this; the fix refuses it.
    fn forgery(arguments: &[&str], returns: &str) -> Self {
        Self { mistake: Some(json!(returns)), ..Self::both(arguments, None) }
    }

    /// Both accept what is genuine.
    fn genuine(arguments: &[&str], returns: &str) -> Self {
        Self::both(arguments, Some(json!(returns)))
    }

    /// Both do the same.
    fn both(arguments: &[&str], outcome: Outcome) -> Self {
        let arguments = arguments.iter().map(|text| json!(text)).collect();
        Self { arguments, mistake: outcome.clone(), fix: outcome }
    }
}

/// The text of an argument, for code that takes a `&str`.
fn text(arguments: &[Value], place: usize) -> &str {
    arguments[place].as_str().unwrap()
}

/// A token of these parts, with this text as its signature.
fn token(header: &str, payload: &str, signature: &str) -> String {
    format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// A token that is signed under HS256.
fn signed(payload: &Value, secret: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes()).unwrap();
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), payload, &key).unwrap()
}

/// Runs one file after the other with its arguments, which are JSON lines on standard input, and prints a line for
/// each.
const PYTHON: &str = r#"
import importlib.util, json, sys, types
for line in sys.stdin:
    job = json.loads(line)
    spec = importlib.util.spec_from_file_location("lesson", job["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [it for name, it in vars(module).items() if isinstance(it, types.FunctionType)
           and it.__module__ == "lesson" and not name.startswith("_")]
    assert len(own) == 1, job["file"] + " has one public function"
    try:
        print(json.dumps({"returns": own[0](*job["arguments"])}))
    except TypeError as error:
        print(json.dumps({"crashes": repr(error)}))
    except Exception as error:
        print(json.dumps({"refuses": repr(error)}))
"#;

const NODE: &str = r#"
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const own = Object.values(await import(job.file));
  if (own.length !== 1) throw new Error(`${job.file} has one export`);
  try {
    console.log(JSON.stringify({ returns: (await own[0](...job.arguments)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ refuses: String(error) }));
  }
}
"#;

/// One call of a function in a file.
struct Job {
    file: String,
    arguments: Vec<Value>,
    expected: Outcome,
}

fn jobs(ending: &str, folder: &Path) -> Vec<Job> {
    let of_lesson = |(slug, code): &Entry| {
        let path = |name: &str| folder.join(format!("{slug}/code/{name}.{ending}")).to_str().unwrap().to_owned();
        let (mistake, fix) = (path("mistake"), path("fix"));
        let both = code().cases.into_iter().flat_map(move |case| {
            [
                Job { file: mistake.clone(), arguments: case.arguments.clone(), expected: case.mistake },
                Job { file: fix.clone(), arguments: case.arguments, expected: case.fix },
            ]
        });
        both.collect::<Vec<_>>()
    };
    let of_fix = |(slug, calls): &CallsOfFix| {
        let file = folder.join(format!("{slug}/code/fix.{ending}")).to_str().unwrap().to_owned();
        calls().into_iter().map(move |(arguments, expected)| Job { file: file.clone(), arguments, expected })
    };
    LESSON_CODE.iter().flat_map(of_lesson).chain(CALLS_OF_FIXES.iter().flat_map(of_fix)).collect()
}

fn assert_jobs_run(command: &mut Command, jobs: &[Job]) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> =
        jobs.iter().map(|job| json!({ "file": job.file, "arguments": job.arguments }).to_string()).collect();
    let mut input = child.stdin.take().unwrap();
    let writer =
        std::thread::spawn(move || std::io::Write::write_all(&mut input, (lines.join("\n") + "\n").as_bytes()));
    let run = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{printed}{errors}");
    let answers: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), jobs.len(), "{printed}{errors}");
    for (job, answer) in jobs.iter().zip(answers) {
        // In Python a wrong type is a fault of the code: an answer with status 500, and not a refusal.
        assert_eq!(answer.get("crashes"), None, "{} {:?}", job.file, job.arguments);
        assert_eq!(answer.get("returns").cloned(), job.expected, "{} {:?}: {answer}", job.file, job.arguments);
    }
}

fn lessons() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/lab/lessons"))
}

#[test]
fn every_lesson_s_python_accepts_the_forgery_by_mistake_and_refuses_it_when_fixed() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    // Without files for faster imports, which Python puts into the checkout.
    assert_jobs_run(Command::new(python).args(["-B", "-c", PYTHON]), &jobs("py", lessons()));
}

#[test]
fn every_lesson_s_node_code_accepts_the_forgery_by_mistake_and_refuses_it_when_fixed() {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    for (slug, _) in LESSON_CODE {
        let code = folder.path().join(slug).join("code");
        std::fs::create_dir_all(&code).unwrap();
        for name in ["mistake.mjs", "fix.mjs"] {
            std::fs::copy(lessons().join(slug).join("code").join(name), code.join(name)).unwrap();
        }
    }
    std::fs::write(folder.path().join("run.mjs"), NODE).unwrap();
    let jobs = jobs("mjs", folder.path());
    assert_jobs_run(Command::new("node").arg(folder.path().join("run.mjs")), &jobs);
}

#[test]
fn every_lesson_s_rust_accepts_the_forgery_by_mistake_and_refuses_it_when_fixed() {
    for (slug, code) in LESSON_CODE {
        let LessonCode { cases, rust: [mistake, fix] } = code();
        for case in cases {
            assert_eq!(mistake(&case.arguments), case.mistake, "{slug} mistake {:?}", case.arguments);
            assert_eq!(fix(&case.arguments), case.fix, "{slug} fix {:?}", case.arguments);
        }
    }
    for (slug, calls) in CALLS_OF_FIXES {
        let (_, code) = LESSON_CODE.iter().find(|(lesson, _)| lesson == slug).unwrap();
        let [_, fix] = code().rust;
        for (arguments, expected) in calls() {
            assert_eq!(fix(&arguments), expected, "{slug} fix {arguments:?}");
        }
    }
}

#[test]
fn no_fix_depends_on_the_version_or_the_build_of_its_library() {
    for (slug, _) in LESSON_CODE {
        for (ending, call, fault) in UNSURE_CALLS {
            let file = lessons().join(format!("{slug}/code/fix.{ending}"));
            assert!(!std::fs::read_to_string(&file).unwrap().contains(call), "{}: `{call}`: {fault}", file.display());
        }
    }
}

#[test]
fn every_lesson_has_cases_that_tell_its_mistake_from_its_fix() {
    let slugs: Vec<&str> = LESSON_CODE.iter().map(|(slug, _)| *slug).collect();
    assert_eq!(slugs, LESSONS.iter().map(|lesson| lesson.slug).collect::<Vec<_>>());
    for (slug, code) in LESSON_CODE {
        let cases = code().cases;
        assert!(cases.iter().any(|case| case.mistake != case.fix), "{slug}: a forgery");
        assert!(cases.iter().any(|case| case.fix.is_some()), "{slug}: the fix does its work");
    }
}
