//! Users and their passwords, in a store of their own, and `hallpass user` that keeps them.
//!
//! A store that is closed answers every look-up with an error, so a refusal from there came without one.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use hallpass::accounts::{Accounts, CheckError, Login, LoginRefusal, Password, hash_password};
use hallpass::limits::RateStore;
use hallpass::store::{Sqlite, Store as _, StoreError};
use tempfile::TempDir;

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
const RIGHT: &str = "correct horse";

/// The accounts of one server, and its store.
struct TestAccounts {
    folder: TempDir,
    store: Arc<Sqlite>,
    accounts: Accounts,
}

impl TestAccounts {
    /// Nobody is known here yet.
    async fn empty(rate: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let database = format!("sqlite:{}", folder.path().join("hallpass.db").display());
        let store = Arc::new(Sqlite::open(&database).await.unwrap());
        let accounts =
            Accounts::users(store.clone(), RateStore::memory().limiter("login", rate.parse().unwrap()), b"key");
        Self { folder, store, accounts }
    }

    /// One user, alice, whose password is [`RIGHT`].
    async fn new(rate: &str) -> Self {
        let test = Self::empty(rate).await;
        let hash = hash_password(&Password::new(RIGHT), [7; 16]).unwrap();
        test.store.put_user("alice", &hash).await.unwrap();
        test
    }

    async fn ask(&self, username: &str, password: &str) -> Result<(), LoginRefusal> {
        self.ask_from(CLIENT, 0, username, password).await
    }

    async fn ask_from(&self, client: IpAddr, seconds: i64, username: &str, password: &str) -> Result<(), LoginRefusal> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        self.accounts.check(&Login::new(username, password), client, now).await.unwrap()
    }

    /// `hallpass user` with these arguments and this standard input: exit code, standard output, standard error.
    fn user(&self, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
        let file = self.folder.path().join("input");
        fs::write(&file, input).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.current_dir(self.folder.path()).env_clear().arg("user").args(arguments);
        let output = command.stdin(File::open(file).unwrap()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[tokio::test]
async fn a_user_is_let_in_with_the_right_password_alone() {
    let test = TestAccounts::new("off").await;
    assert_eq!(test.ask("alice", RIGHT).await, Ok(()));
    for (username, password) in [("alice", "wrong"), ("Alice", RIGHT), ("bob", RIGHT), ("alice", "correct horse ")] {
        assert_eq!(test.ask(username, password).await, Err(LoginRefusal::Wrong), "{username} {password}");
    }
}

#[tokio::test]
async fn without_a_name_or_a_password_nothing_is_counted_or_looked_up() {
    let test = TestAccounts::new("1/m").await;
    for (username, password) in [("", RIGHT), ("alice", ""), ("", ""), ("alice", "")] {
        assert_eq!(test.ask(username, password).await, Err(LoginRefusal::Missing));
    }
    assert_eq!(test.ask("alice", RIGHT).await, Ok(()));
    test.store.close().await;
    assert_eq!(test.ask("alice", "").await, Err(LoginRefusal::Missing));
}

#[tokio::test]
async fn what_no_user_can_have_is_wrong_without_a_look_into_the_store() {
    let test = TestAccounts::empty("off").await;
    test.store.close().await;
    let (long, endless) = ("x".repeat(65), "x".repeat(1025));
    for (username, password) in [("a:b", "x"), ("a\0", "x"), (&*long, "x"), ("alice", &*endless)] {
        assert_eq!(test.ask(username, password).await, Err(LoginRefusal::Wrong));
    }
}

#[tokio::test]
async fn a_client_that_tries_a_name_too_often_waits_even_with_the_right_password() {
    let test = TestAccounts::new("3/m").await;
    for (password, answer) in
        [("wrong", Err(LoginRefusal::Wrong)), (RIGHT, Ok(())), (&"x".repeat(1025), Err(LoginRefusal::Wrong))]
    {
        assert_eq!(test.ask("alice", password).await, answer);
    }
    assert_eq!(test.ask("alice", RIGHT).await, Err(LoginRefusal::TooOften { retry_after: 60 }));

    assert_eq!(test.ask("bob", RIGHT).await, Err(LoginRefusal::Wrong));
    assert_eq!(test.ask_from([203, 0, 113, 8].into(), 0, "alice", RIGHT).await, Ok(()));
    assert_eq!(test.ask_from(CLIENT, 60, "alice", RIGHT).await, Ok(()));
}

#[tokio::test]
async fn who_is_refused_for_trying_too_often_costs_the_store_nothing() {
    let test = TestAccounts::new("1/m").await;
    assert_eq!(test.ask("alice", "wrong").await, Err(LoginRefusal::Wrong));
    test.store.close().await;
    assert_eq!(test.ask("alice", RIGHT).await, Err(LoginRefusal::TooOften { retry_after: 60 }));
}

#[tokio::test]
async fn an_unknown_user_takes_the_time_of_a_hash_like_a_wrong_password() {
    let test = TestAccounts::new("off").await;
    let mut quickest = [Duration::MAX; 2];
    for _ in 0..5 {
        for (username, quickest) in ["alice", "bob"].into_iter().zip(&mut quickest) {
            let start = Instant::now();
            assert_eq!(test.ask(username, "wrong").await, Err(LoginRefusal::Wrong));
            *quickest = start.elapsed().min(*quickest);
        }
    }
    // Without a hash it would be a thousandth; this much may be the machine's other work.
    let [known, unknown] = quickest;
    assert!(unknown * 8 > known && known * 8 > unknown, "known {known:?}, unknown {unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_judged() {
    let test = Arc::new(TestAccounts::new("off").await);
    let ask = |number: usize| {
        let test = Arc::clone(&test);
        tokio::spawn(
            async move { test.ask("alice", if number.is_multiple_of(2) { RIGHT } else { "wrong" }).await.is_ok() },
        )
    };
    let tasks: Vec<_> = (0..20).map(ask).collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), number.is_multiple_of(2));
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_no_refusal() {
    let test = TestAccounts::new("off").await;
    test.store.close().await;
    let answer = test.accounts.check(&Login::new("alice", RIGHT), CLIENT, DateTime::UNIX_EPOCH).await;
    assert!(matches!(answer, Err(CheckError::Store(StoreError::Closed))), "{answer:?}");
}

#[tokio::test]
async fn who_was_added_is_let_in_and_who_was_removed_is_not() {
    let test = TestAccounts::empty("off").await;
    let done = |line: &str| (Some(0), line.to_owned(), String::new());
    assert_eq!(test.user(&["add", "bob"], "a b \r\nnot this\n"), done("added bob\n"));
    assert_eq!(test.user(&["add", "ädam"], "x"), done("added ädam\n"));
    assert_eq!(test.user(&["list"], ""), done("bob\nädam\n"));
    assert_eq!(test.ask("bob", "a b ").await, Ok(()));

    assert_eq!(test.user(&["add", "bob"], "other\n"), done("changed the password of bob\n"));
    assert_eq!(test.ask("bob", "a b ").await, Err(LoginRefusal::Wrong));
    assert_eq!(test.ask("bob", "other").await, Ok(()));

    assert_eq!(test.user(&["remove", "bob"], ""), done("removed bob\n"));
    assert_eq!(test.ask("bob", "other").await, Err(LoginRefusal::Wrong));
    assert_eq!(test.user(&["list", "--database", "sqlite:other.db"], ""), done(""));
}

#[tokio::test]
async fn what_cannot_be_done_to_users_is_one_line_and_exit_code_2() {
    let test = TestAccounts::empty("off").await;
    let long = "x".repeat(1025);
    for (arguments, input, words) in [
        (["add", "bob"], "\n", "the password is empty"),
        (["add", "bob"], "", "no password came on standard input; run `hallpass user add bob`"),
        (["add", "bob"], &*long, "the password has 1025 bytes, and at most 1024 are accepted"),
        (["add", "a:b"], "x\n", "`a:b` cannot be a user's name: it has a colon"),
        (["add", "a\nb"], "x\n", "it has a blank or a character that is not shown"),
        (["add", "bo\u{200b}b"], "x\n", "it has a blank or a character that is not shown"),
        (["add", ""], "x\n", "it has 0 characters"),
        (["remove", "bob"], "", "there is no user `bob`"),
    ] {
        let (code, stdout, stderr) = test.user(&arguments, input);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (Some(2), "", 1), "{stderr}");
        assert!(stderr.starts_with("hallpass: ") && stderr.contains(words), "{stderr}");
    }
    assert_eq!(test.store.users().await.unwrap(), Vec::<String>::new());
}
