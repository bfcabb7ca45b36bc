//! What the store in `PostgreSQL` has of its own: other processes, and a server that fails.

use hallpass::store::{CodeHash, LoginHash, Postgres, PostgresError, Redeemed, Rotated};
use sqlx::{Connection as _, PgConnection};

use super::*;
use crate::postgres::{self as private, name_in};

contract!(fresh());

/// A new store, in a database of its own on the shared server.
async fn fresh() -> Option<(Shared, String)> {
    let url = private::Postgres::shared()?.database();
    Some((open(&url).await, url))
}

async fn open(url: &str) -> Shared {
    Arc::new(Postgres::open(url).await.unwrap())
}

/// Two stores of one database, as two processes have them.
async fn pair() -> Option<[Shared; 2]> {
    let (store, url) = fresh().await?;
    Some([store, open(&url).await])
}

/// Why this database cannot be opened, nor passes a check, with all causes, in one line.
async fn refusal(url: &str) -> (PostgresError, String) {
    let started = Instant::now();
    let checked = Postgres::check(url).await.expect_err("it must not pass");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let started = Instant::now();
    let error = Postgres::open(url).await.err().expect("it must be refused");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(told(&checked), told(&error));
    let line = told(&error);
    (error, line)
}

/// A connection beside the store, as another program has it.
async fn other_program(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Asks until the answer is yes.
async fn until(mut answer: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !answer().await {
        assert!(Instant::now() < deadline, "it never happened");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until so many calls on this database wait for a lock of this kind.
async fn until_waiting(watcher: &mut PgConnection, url: &str, kind: &str, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event = $2";
    until(async || {
        let query = sqlx::query_scalar::<_, i64>(waiting).bind(name_in(url)).bind(kind);
        query.fetch_one(&mut *watcher).await.unwrap() == count
    })
    .await;
}

#[tokio::test]
async fn reopening_finds_everything() {
    let Some((store, url)) = fresh().await else { return };
    record(&store, "a", "15550001", "t").await;
    record(&store, "b", "15550001", "t").await;
    present(&store, "b", "t").await;
    store.put_user("bob", "hash").await.unwrap();
    store.use_once("lab", "j", moment(60), moment(0)).await.unwrap();
    store.close().await;
    let store = open(&url).await;
    assert_eq!(find(&store, "a").await, Some(issued(new("a", "15550001", "t"))));
    assert_eq!(present(&store, "b", "t").await, Presented::AlreadyVerified);
    assert_eq!(store.users().await.unwrap(), ["bob"]);
    assert!(!store.use_once("lab", "j", moment(60), moment(0)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_that_open_an_empty_database_at_once_share_it() {
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    let stores: JoinSet<_> = (0..8).map(|_| url.clone()).map(async |url| open(&url).await).collect();
    let stores = stores.join_all().await;
    for (index, store) in stores.iter().enumerate() {
        assert_eq!(record(store, &format!("x{index}"), "15550001", "t").await, Recorded::Stored);
    }
    assert_eq!(list(&stores[0], "15550001", None, 10).await.0.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn across_two_processes_a_jti_is_taken_once_and_a_token_verified_once() {
    let Some(stores) = pair().await else { return };
    for round in 0..5 {
        let (xid, jti) = (format!("x{round}"), format!("j{round}"));
        record(&stores[0], &xid, "15550001", "t").await;
        let answers = at_once(&stores[0], {
            let stores = stores.clone();
            move |_, number| {
                let (store, xid, jti) = (stores[number as usize % 2].clone(), xid.clone(), jti.clone());
                async move {
                    let verified = matches!(present(&store, &xid, "t").await, Presented::Verified(_));
                    (verified, store.use_once("lab", &jti, moment(60), moment(0)).await.unwrap())
                }
            }
        });
        let answers = answers.await;
        assert_eq!(answers.iter().filter(|(verified, _)| *verified).count(), 1);
        assert_eq!(answers.iter().filter(|(_, taken)| *taken).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn across_two_processes_a_code_is_redeemed_once_and_a_refresh_token_rotated_once() {
    let Some(stores) = pair().await else { return };
    for round in 0..5 {
        let hash = put_code(&stores[0], &format!("code{round}")).await;
        let token = new_family(&stores[1], &format!("other{round}")).await;
        let answers = at_once(&stores[0], {
            let (stores, token) = (stores.clone(), token.clone());
            move |_, number| {
                let (store, token) = (stores[number as usize % 2].clone(), token.clone());
                async move {
                    let rotated = rotate(&store, &token, &next_token(&token)).await;
                    (redeem(&store, &hash, &first_token()).await, rotated)
                }
            }
        });
        let (redeemed, rotated): (Vec<_>, Vec<_>) = answers.await.into_iter().unzip();
        assert_eq!(redeemed.iter().filter(|it| **it == Redeemed::Redeemed).count(), 1);
        assert_eq!(redeemed.iter().filter(|it| **it == Redeemed::AlreadySpent).count(), MANY as usize - 1);
        assert_eq!(rotated.iter().filter(|it| **it == Rotated::Rotated(grant())).count(), 1);
        assert_eq!(rotated.iter().filter(|it| **it == Rotated::Reused).count(), 1);
        for store in &stores {
            assert!(is_family_revoked(store, token.family()).await, "as soon as it was answered");
        }
    }
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_up_to_date_by_several_at_once() {
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    let mut other = other_program(&url).await;
    let first = [(1, "tables", include_str!("../../../src/store/migrations/postgres/0001_tables.sql"))];
    released(&first).run_direct(None, &mut other, false).await.unwrap();
    let kept = "INSERT INTO users (name, password_hash) VALUES ('bob', 'hash')";
    sqlx::raw_sql(kept).execute(&mut other).await.unwrap();
    let stores: JoinSet<_> = (0..4).map(|_| url.clone()).map(async |url| open(&url).await).collect();
    for (index, store) in stores.join_all().await.iter().enumerate() {
        assert_eq!(store.users().await.unwrap(), ["bob"]);
        let token = new_family(store, &format!("code{index}")).await;
        assert_eq!(rotate(store, &token, &next_token(&token)).await, Rotated::Rotated(grant()));
    }
}

#[tokio::test]
async fn a_transaction_that_is_still_on_its_way_when_a_list_is_asked_for_is_waited_for() {
    let Some((store, url)) = fresh().await else { return };
    let (mut other, mut watcher) = (other_program(&url).await, other_program(&url).await);
    record(&store, "first", "15550001", "t").await;
    let held = "BEGIN; INSERT INTO transactions (xid, phone_number, issued_at, expires_at, status, token)
                VALUES ('late', '15550002', 0, 0, 'issued', 't')";
    sqlx::raw_sql(held).execute(&mut other).await.unwrap();
    let late = tokio::spawn({
        let store = store.clone();
        async move { record(&store, "late", "15550001", "t").await }
    });
    until_waiting(&mut watcher, &url, "transactionid", 1).await;
    assert_eq!(record(&store, "last", "15550001", "t").await, Recorded::Stored);
    let page = tokio::spawn({
        let store = store.clone();
        async move { list(&store, "15550001", None, 2).await }
    });
    until_waiting(&mut watcher, &url, "advisory", 1).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(late.await.unwrap(), Recorded::Stored);
    let (shown, next) = page.await.unwrap();
    assert_eq!(shown, ["last", "late"], "in the order in which they were begun");
    assert_eq!(list(&store, "15550001", next, 2).await, (vec!["first".to_owned()], None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_exactly_what_was_there_before_whatever_two_processes_record_meanwhile() {
    let Some((store, url)) = fresh().await else { return };
    let stores = [store, open(&url).await];
    let server = private::Postgres::shared().unwrap();
    let late = "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END';
                CREATE TRIGGER linger AFTER INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION linger()";
    server.tell(name_in(&url), late);
    let recording = tokio::spawn({
        let (stores, first) = (stores.clone(), stores[0].clone());
        async move {
            let call = move |_, number: u32| {
                let store = stores[number as usize % 2].clone();
                async move {
                    for round in 0..10 {
                        record(&store, &format!("{number}-{round}"), "15550001", "t").await;
                    }
                }
            };
            at_once(&first, call).await;
        }
    });
    let mut seen = Vec::new();
    while !recording.is_finished() {
        let (mut shown, mut next) = list(&stores[0], "15550001", None, 20).await;
        while next.is_some() {
            let (more, after) = list(&stores[1], "15550001", next, 97).await;
            shown.extend(more);
            next = after;
        }
        seen.push(shown);
    }
    recording.await.unwrap();
    let all = list(&stores[0], "15550001", None, 10 * MANY).await.0;
    assert_eq!(all.len(), 10 * MANY as usize);
    for shown in seen {
        assert_eq!(shown, all[all.len() - shown.len()..], "the oldest ones, all of them, in one order");
    }
}

#[tokio::test]
async fn commits_are_durable_where_the_database_says_they_need_not_be() {
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    let database = name_in(&url);
    server.tell(database, &format!("ALTER DATABASE {database} SET synchronous_commit = off"));
    let store = open(&url).await;
    let told = "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN NEW.status = current_setting(''synchronous_commit''); RETURN NEW; END';
                CREATE TRIGGER tell BEFORE INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION tell()";
    server.tell(database, told);
    record(&store, "a", "15550001", "t").await;
    assert_eq!(find(&store, "a").await.unwrap().status, "on");
}

#[tokio::test]
async fn while_another_program_holds_the_table_calls_fail_in_time_and_then_work_again() {
    let Some((store, url)) = fresh().await else { return };
    record(&store, "a", "15550001", "t").await;
    let mut other = other_program(&url).await;
    sqlx::raw_sql("BEGIN; LOCK TABLE transactions").execute(&mut other).await.unwrap();
    let start = Instant::now();
    let answers = at_once(&store, async |store, number| {
        let new = new(&format!("x{number}"), "15550001", "t");
        if number % 2 == 0 { store.record(new).await.err() } else { store.ping().await.err() }
    });
    assert!(answers.await.into_iter().all(|error| matches!(error, Some(StoreError::Slow))));
    assert!(start.elapsed() < TIME_OUT + Duration::from_millis(500), "{:?}", start.elapsed());
    store.put_user("bob", "hash").await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    // On a busy machine the calls that were given up may still hold every connection for a moment.
    while store.ping().await.is_err() {
        assert!(start.elapsed() < 10 * TIME_OUT, "the store does not work again");
    }
    assert_eq!(record(&store, "b", "15550001", "t").await, Recorded::Stored);
    assert_eq!(list(&store, "15550001", None, 10).await.0, ["b", "a"], "none that failed came after all");
}

#[tokio::test]
async fn what_is_broken_names_no_secret_and_works_again_when_mended() {
    let Some((store, url)) = fresh().await else { return };
    let mut other = other_program(&url).await;
    sqlx::raw_sql("ALTER TABLE transactions RENAME TO gone").execute(&mut other).await.unwrap();
    let answers = [
        store.record(new("a", "15550001", "s3cret")).await.map(drop),
        store.present(&xid("a"), "s3cret", moment(0)).await.map(drop),
        store.transactions(&phone("15550001"), None, 1).await.map(drop),
    ];
    for error in answers.map(Result::unwrap_err) {
        let line = format!("{} {error:?}", told(&error));
        assert!(line.contains("does not exist") && !line.contains("s3cret") && !line.contains("15550001"), "{line}");
    }
    store.put_user("bob", "hash").await.unwrap();
    sqlx::raw_sql("ALTER TABLE gone RENAME TO transactions").execute(&mut other).await.unwrap();
    assert_eq!(record(&store, "a", "15550001", "t").await, Recorded::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_cut_while_they_were_idle_give_no_error() {
    let Some(mut server) = private::Postgres::start() else { return };
    let url = server.database();
    let store = open(&url).await;
    for round in 0..2 {
        at_once(&store, async |store, number| find(&store, &format!("x{number}")).await).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        if round == 0 {
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hallpass'";
            server.tell("postgres", cut);
        } else {
            server.kill();
            server.bring_back();
        }
        let answers =
            at_once(&store, async |store, number| store.record(new(&format!("{number}"), "15550001", "t")).await);
        for answer in answers.await {
            assert_eq!(answer.unwrap(), Recorded::Stored, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_calls_fail_in_time_and_when_it_is_back_they_work() {
    let Some(mut server) = private::Postgres::start() else { return };
    let store = open(&server.database()).await;
    at_once(&store, async |store, number| record(&store, &format!("x{number}"), "15550001", "t").await).await;
    for kill in [true, false] {
        if kill {
            server.kill();
        } else {
            server.stop();
        }
        let start = Instant::now();
        let answers = at_once(&store, async |store, _| store.ping().await);
        for answer in answers.await {
            assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
        }
        assert!(start.elapsed() < TIME_OUT + Duration::from_millis(500), "{:?}", start.elapsed());
        server.bring_back();
        let start = Instant::now();
        until(async || store.ping().await.is_ok()).await;
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        let found = at_once(&store, async |store, number| find(&store, &format!("x{number}")).await.is_some());
        assert!(found.await.into_iter().all(|it| it), "what was answered is there");
    }
}

/// Long because each step needs what the steps before it left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_of_a_server_that_stood_still_is_never_done_afterwards() {
    let Some(server) = private::Postgres::start() else { return };
    let store = open(&server.database()).await;
    at_once(&store, async |store, number| record(&store, &format!("x{number}"), "15550001", "t").await).await;
    store.put_user("bob", "old").await.unwrap();
    // From here on each connection knows each statement, and would send it at once.
    at_once(&store, async |store, number| {
        let id = format!("known{number}");
        for _ in 0..2 {
            record(&store, &id, "15550001", "t").await;
        }
        store.set_status(&xid(&id), "seen").await.unwrap();
        present(&store, &id, "t").await;
        store.use_once("lab", &id, moment(60), moment(0)).await.unwrap();
        store.put_user(&id, "hash").await.unwrap();
    })
    .await;
    server.pause();
    let start = Instant::now();
    let answers = at_once(&store, async |store, number| {
        let id = format!("x{number}");
        match number % 5 {
            0 => store.record(new(&id, "15550001", "u")).await.map(drop),
            1 => store.present(&xid(&id), "t", moment(0)).await.map(drop),
            2 => store.use_once("lab", &id, moment(60), moment(0)).await.map(drop),
            3 => store.set_status(&xid(&id), "late").await.map(drop),
            _ => store.put_user("bob", "young").await,
        }
    });
    for answer in answers.await {
        assert!(matches!(answer, Err(StoreError::Slow)), "{answer:?}");
    }
    assert!(start.elapsed() < TIME_OUT + Duration::from_millis(500), "{:?}", start.elapsed());
    server.resume();
    let start = Instant::now();
    until(async || store.ping().await.is_ok()).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    let found = at_once(&store, async |store, number| {
        let id = format!("x{number}");
        (id.clone(), find(&store, &id).await, store.use_once("lab", &id, moment(60), moment(0)).await.unwrap())
    });
    for (id, transaction, free) in found.await {
        assert_eq!(transaction, Some(issued(new(&id, "15550001", "t"))));
        assert!(free, "{id}");
    }
    assert_eq!(store.password_hash("bob").await.unwrap().as_deref(), Some("old"));
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_refused_in_one_line_without_its_password() {
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    let database = name_in(&url);
    for (url, says) in [
        (server.url("guarded:hunter2", database), "refused this user or password"),
        (server.url("nobody", database), "refused this user or password"),
        (server.url("postgres", "hunter2x"), "has no such database; make it"),
        ("postgres://bob:hunter2@127.0.0.1:1/x".to_owned(), "no PostgreSQL server answers there"),
        ("postgres://bob:hunter2@host.invalid/x".to_owned(), "no PostgreSQL server answers there"),
        ("postgres://bob:hunter2@localhost/x?host=/nowhere".to_owned(), "no PostgreSQL server answers there"),
        ("postgres://bob:hunter2@localhost:port/x".to_owned(), "is not of the form postgres://USER:PASSWORD@"),
        ("postgres://bob:hunter2@localhost/x?sslmode=hunter3".to_owned(), "is not of the form postgres://USER:"),
        ("postgres://bob:hunter2@localhost/x?sslmod=require".to_owned(), "`sslmod` is not a known parameter"),
    ] {
        let (_, line) = refusal(&url).await;
        assert!(line.contains(says), "{line}");
        assert!(!line.replace("database \"hunter2x\"", "").contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn tls_follows_sslmode() {
    let Some(mut server) = private::Postgres::start() else { return };
    let url = server.database();
    let database = name_in(&url);
    let line = refusal(&format!("{url}&sslmode=require")).await.1;
    assert!(line.contains("TLS could not be set up as `sslmode` requires"), "{line}");
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pair.cert.pem()).unwrap();
    let port = server.speak_tls(&pair.cert.pem(), &pair.signing_key.serialize_pem());
    let at = |host, mode| format!("postgres://postgres@{host}:{port}/{database}?sslmode={mode}");
    let known = |host, mode| format!("{}&sslrootcert={}", at(host, mode), root.display());
    for url in [
        at("127.0.0.1", "prefer"),
        at("127.0.0.1", "require"),
        known("127.0.0.1", "verify-ca"),
        known("localhost", "verify-full"),
    ] {
        assert!(open(&url).await.ping().await.is_ok(), "{url}");
    }
    for url in [at("localhost", "verify-ca"), at("localhost", "verify-full"), known("127.0.0.1", "verify-full")] {
        let line = refusal(&url).await.1;
        assert!(line.contains("TLS could not be set up as `sslmode` requires"), "{url}: {line}");
    }
    let line = refusal(&at("127.0.0.1", "disable")).await.1;
    assert!(line.contains("refused this user"), "{line}");
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (error, _) = refusal(&format!("postgres://bob@{}/x", silent.local_addr().unwrap())).await;
    assert!(matches!(error, PostgresError::Slow), "{error:?}");
}

#[tokio::test]
async fn a_check_changes_nothing_and_a_user_who_may_make_no_table_can_use_those_that_are_there() {
    use hallpass::store::Found;
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    let database = name_in(&url);
    assert_eq!(Postgres::check(&url).await.unwrap(), Found::Empty);
    assert_eq!(Postgres::check(&url).await.unwrap(), Found::Empty, "still");
    server.tell("postgres", "CREATE ROLE clerk LOGIN");
    let line = told(&Postgres::open(&server.url("clerk", database)).await.err().unwrap());
    assert!(line.contains("permission denied"), "{line}");
    open(&url).await;
    assert_eq!(Postgres::check(&url).await.unwrap(), Found::Store);
    let may = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk;
               GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clerk";
    server.tell(database, may);
    let store = open(&server.url("clerk", database)).await;
    store.ping().await.unwrap();
    assert_eq!(record(&store, "a", "15550001", "t").await, Recorded::Stored);
    assert_eq!(list(&store, "15550001", None, 1).await.0, ["a"]);
    assert_eq!(store.purge(moment(91), moment(0)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_database_that_may_only_be_read_is_not_ready() {
    let Some(server) = private::Postgres::shared() else { return };
    let url = server.database();
    open(&url).await.ping().await.unwrap();
    server.tell("postgres", &format!("ALTER DATABASE {} SET default_transaction_read_only TO on", name_in(&url)));
    assert!(open(&url).await.ping().await.is_err());
}

#[tokio::test]
async fn another_programs_database_and_another_schema_are_refused_and_left_as_they_are() {
    let Some(server) = private::Postgres::shared() else { return };
    let migrations = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT, success BOOLEAN,
                      checksum BYTEA); INSERT INTO _sqlx_migrations VALUES (20250101, 'songs', true, '\\x00')";
    for sql in ["CREATE TABLE users (name TEXT)", migrations] {
        let url = server.database();
        server.tell(name_in(&url), sql);
        let (_, line) = refusal(&url).await;
        assert!(line.contains("the database has another program's tables; name an empty one"), "{line}");
        let mut other = other_program(&url).await;
        let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut other).await.unwrap();
        assert_eq!(tables, 1);
    }
    let newer =
        "INSERT INTO _sqlx_migrations SELECT 99, 'x', installed_on, success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
    let (_, url) = fresh().await.unwrap();
    server.tell(name_in(&url), newer);
    let (_, line) = refusal(&url).await;
    assert!(line.contains("was written by a newer hallpass (schema 99); run that one"), "{line}");
}

/// Which plan a statement has does not show in a small table, and the wrong one is slow only in a large one.
/// Long because it is one list of calls.
#[tokio::test]
async fn no_call_reads_a_large_table_from_end_to_end() {
    let Some((store, url)) = fresh().await else { return };
    let mut other = other_program(&url).await;
    let fill = "INSERT INTO transactions (xid, phone_number, issued_at, expires_at, status, token)
                SELECT 'y' || n, (15550000 + n % 1000)::text, n, 1900000000 + n, 'issued', 't'
                FROM generate_series(1, 20000) n;
                INSERT INTO used_tokens SELECT 'lab', sha256(n::text::bytea), 1900000000 + n FROM generate_series(1, 20000) n;
                INSERT INTO revoked_tokens SELECT * FROM used_tokens;
                INSERT INTO authorization_codes SELECT jti, '{}', expires_at FROM used_tokens;
                INSERT INTO login_sessions SELECT jti, '{}', expires_at FROM used_tokens;
                INSERT INTO token_families (id, code_hash, granted, ends_at)
                SELECT jti, sha256(jti), '{}', expires_at FROM used_tokens; ANALYZE; SELECT pg_stat_reset()";
    sqlx::raw_sql(fill).execute(&mut other).await.unwrap();
    for number in 0..20 {
        let (id, jti) = (format!("x{number}"), format!("j{number}"));
        record(&store, &id, "15550001", "t").await;
        record(&store, &id, "15550001", "u").await;
        assert_eq!(list(&store, "15550001", None, 10).await.0.len(), 10);
        present(&store, &id, "u").await;
        present(&store, &id, "u").await;
        store.set_status(&xid(&id), "seen").await.unwrap();
        assert!(store.use_once("lab", &jti, moment(60), moment(0)).await.unwrap());
        assert!(!is_revoked(&store, "lab", &jti).await);
        store.revoke("lab", &jti, moment(60)).await.unwrap();
        let token = new_family(&store, &id).await;
        assert!(!is_family_revoked(&store, token.family()).await);
        assert!(store.refresh_token(&token, moment(0)).await.unwrap().is_some());
        assert!(store.code(&CodeHash::of(&id), moment(0)).await.unwrap().is_some());
        assert_eq!(rotate(&store, &token, &next_token(&token)).await, Rotated::Rotated(grant()));
        assert!(store.revoke_family(&token.family(), "app").await.unwrap());
        assert_eq!(store.login(&LoginHash::of(&id), moment(0)).await.unwrap(), None);
        assert!(!store.end_login(&LoginHash::of(&id)).await.unwrap());
        assert_eq!(store.purge(moment(0), moment(0)).await.unwrap(), 0);
    }
    store.close().await;
    let scans = "SELECT coalesce(sum(idx_scan), 0)::bigint, coalesce(sum(seq_scan), 0)::bigint FROM pg_stat_user_tables
                 WHERE relname IN ('transactions', 'used_tokens', 'revoked_tokens', 'authorization_codes',
                                   'token_families', 'login_sessions')";
    let mut found = (0, 0);
    until(async || {
        found = sqlx::query_as::<_, (i64, i64)>(scans).fetch_one(&mut other).await.unwrap();
        found.0 > 400
    })
    .await;
    // Some may be of what filled the tables; a call that needs one made twenty.
    assert!(found.1 < 10, "{found:?}");
}
