//! What every store must do: one suite, run through each kind of store, and then what each kind has of its own.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hallpass::profiles::telesign::{PhoneNumber, Xid};
use hallpass::store::{Cursor, NewTransaction, Presented, Recorded, Store, StoreError, TIME_OUT, Transaction};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use tokio::task::JoinSet;

/// Makes each rule of the contract a test of the store that `$open` opens; what it returns beside the store is kept
/// until the end. Where the machine lacks what the store needs, it returns `None`.
macro_rules! contract {
    ($open:expr) => {
        contract! { $open =>
            a_transaction_is_found_by_its_xid
            an_unknown_xid_is_none
            the_same_xid_and_number_again_replaces_token_and_times
            a_number_with_a_plus_is_the_number_without_it
            pages_hold_both_spellings_of_a_number_in_one_order
            an_xid_of_another_number_is_refused_and_left_as_it_was
            a_verified_transaction_is_not_recorded_again
            a_token_is_verified_once
            a_token_that_was_replaced_or_never_stored_is_unknown
            a_status_is_recorded_and_neither_verifies_nor_undoes_it
            a_list_holds_one_number_and_begins_with_the_newest
            pages_neither_skip_nor_repeat_when_rows_arrive_meanwhile
            of_many_presentations_at_once_exactly_one_verifies
            many_xids_recorded_at_once_are_all_kept
            one_xid_recorded_many_times_at_once_is_one_transaction
            one_xid_recorded_for_many_numbers_at_once_belongs_to_one
            calls_of_every_kind_at_once_do_not_hurt_each_other
            a_caller_that_goes_away_hurts_nobody
            a_jti_is_taken_once_in_each_profile_until_it_is_over
            of_many_uses_of_a_jti_at_once_exactly_one_succeeds
            a_jti_may_be_any_text_of_any_length
            a_revocation_holds_for_one_jti_of_one_profile
            a_revocation_is_kept_until_the_latest_end_that_was_given
            many_revocations_at_once_all_hold
            users_are_added_replaced_listed_and_removed
            text_of_every_kind_comes_back_as_it_was
            a_purge_removes_what_expired_before_and_nothing_else
            a_purge_lets_others_write_meanwhile
            an_open_store_answers_a_ping
            a_closed_store_answers_every_call_with_an_error
            any_sequence_of_calls_does_what_a_simple_model_does
            a_code_is_found_without_being_spent
            a_code_is_redeemed_once_and_a_second_use_revokes_what_it_gave
            a_code_of_another_client_is_unknown_and_left_as_it_was
            a_code_expires_unspent_and_is_remembered_spent
            of_many_redemptions_at_once_exactly_one_succeeds
            a_refresh_token_is_rotated_again_and_again
            a_spent_refresh_token_revokes_its_family
            a_refresh_token_made_from_a_spent_one_revokes_its_family
            a_refresh_token_of_no_family_is_unknown
            an_attempt_by_another_client_changes_nothing
            each_rotation_sets_when_the_refresh_token_expires
            of_many_rotations_of_a_token_at_once_exactly_one_succeeds
            many_families_rotated_at_once_do_not_hurt_each_other
            a_second_use_of_a_code_during_rotations_ends_revoked
            a_family_is_revoked_by_any_of_its_tokens
            an_access_token_is_revoked_alone_or_with_its_family
            a_family_without_a_refresh_token_can_be_revoked
            a_login_session_is_found_until_it_ends_or_expires
            text_of_every_kind_comes_back_from_codes_and_logins
            a_purge_removes_expired_codes_families_and_logins
            a_purge_removes_any_number_of_codes
            a_call_that_fails_changes_nothing_and_loses_nothing
            any_sequence_of_redemptions_and_rotations_does_what_a_simple_model_does
            a_class_is_open_until_it_is_ended
            a_number_tells_pupils_of_one_name_apart_and_stays
            a_pupil_who_begins_again_is_counted
            one_solution_is_released_or_held_apart_from_the_others
            a_class_ends_fourteen_days_after_its_last_use
            only_the_code_of_the_class_lets_a_pupil_join
            joining_can_be_closed_and_the_code_changed
            a_pupil_comes_back_once_with_a_code_and_has_a_new_name
            what_a_pupil_does_is_kept_and_nobody_else_s_changes
            of_many_requests_of_a_pupil_at_once_none_is_lost
            thirty_pupils_join_and_work_at_once
            a_reset_is_of_one_pupil_or_all_in_one_lesson_or_all
            a_pupil_who_is_removed_is_gone
            what_is_held_and_closed_is_kept
            every_change_of_a_class_gives_it_another_version
            a_purge_deletes_a_class_that_is_over_with_its_pupils
            an_answer_page_is_kept_until_it_expires
            the_newest_answer_pages_are_kept
            the_newest_answer_pages_of_one_owner_are_kept_and_nobody_else_s_go
            a_pupil_who_is_removed_takes_their_answer_pages_along
            the_end_of_a_class_deletes_the_answer_pages
        }
    };
    ($open:expr => $($rule:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let Some((store, _kept)) = $open.await else { return };
                super::$rule(&store).await;
            }
        )*
    };
}

mod answers;
mod classes;
mod grants;
mod in_memory;
mod postgres;

use answers::*;
use classes::*;
use grants::*;

type Shared = Arc<dyn Store>;

/// How many calls are made at once.
const MANY: u32 = 200;

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn xid(text: &str) -> Xid {
    Xid::parse(text).unwrap()
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// A new transaction of the second zero.
fn new(id: &str, number: &str, token: &str) -> NewTransaction {
    let token = token.to_owned();
    NewTransaction { xid: xid(id), phone_number: phone(number), issued_at: moment(0), expires_at: moment(90), token }
}

/// What must be found after `new` was stored.
fn issued(new: NewTransaction) -> Transaction {
    let NewTransaction { xid, phone_number, issued_at, expires_at, token } = new;
    Transaction { xid, phone_number, issued_at, expires_at, status: "issued".to_owned(), verified_at: None, token }
}

async fn record(store: &Shared, id: &str, number: &str, token: &str) -> Recorded {
    store.record(new(id, number, token)).await.unwrap()
}

async fn find(store: &Shared, id: &str) -> Option<Transaction> {
    store.transaction(&xid(id)).await.unwrap()
}

async fn present(store: &Shared, id: &str, token: &str) -> Presented {
    store.present(&xid(id), token, moment(5)).await.unwrap()
}

/// The xids of a number from `after` on, and where they go on.
async fn list(store: &Shared, number: &str, after: Option<Cursor>, limit: u32) -> (Vec<String>, Option<Cursor>) {
    let page = store.transactions(&phone(number), after, limit).await.unwrap();
    (page.transactions.iter().map(|it| it.xid.as_str().to_owned()).collect(), page.next)
}

/// Makes as many calls at once as there are, and gives their answers.
async fn at_once<F>(store: &Shared, call: impl Fn(Shared, u32) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let calls: JoinSet<_> = (0..MANY).map(|number| call(store.clone(), number)).collect();
    calls.join_all().await
}

async fn a_transaction_is_found_by_its_xid(store: &Shared) {
    assert_eq!(record(store, "a", "+15550001", "t.o.k").await, Recorded::Stored);
    assert_eq!(find(store, "a").await, Some(issued(new("a", "+15550001", "t.o.k"))));
}

async fn an_unknown_xid_is_none(store: &Shared) {
    record(store, "a", "15550001", "t").await;
    for id in ["b", "A", "a%", "_"] {
        assert_eq!(find(store, id).await, None, "{id}");
        assert_eq!(store.set_status(&xid(id), "delivered").await.unwrap(), None, "{id}");
        assert_eq!(present(store, id, "t").await, Presented::Unknown, "{id}");
    }
}

async fn the_same_xid_and_number_again_replaces_token_and_times(store: &Shared) {
    record(store, "a", "15550001", "old").await;
    store.set_status(&xid("a"), "delivered").await.unwrap();
    let again = NewTransaction { issued_at: moment(7), expires_at: moment(97), ..new("a", "15550001", "young") };
    assert_eq!(store.record(again.clone()).await.unwrap(), Recorded::Stored);
    assert_eq!(find(store, "a").await, Some(issued(again)));
}

async fn a_number_with_a_plus_is_the_number_without_it(store: &Shared) {
    for (id, first, second) in [("a", "15550001", "+15550001"), ("b", "+15550001", "15550001")] {
        assert_eq!(record(store, id, first, "old").await, Recorded::Stored, "{first}");
        assert_eq!(record(store, id, second, "young").await, Recorded::Stored, "{second} is {first}");
        assert_eq!(find(store, id).await.unwrap().phone_number.as_str(), second, "what the token says");
        present(store, id, "young").await;
        for number in [first, second] {
            assert_eq!(record(store, id, number, "late").await, Recorded::AlreadyVerified, "{number}");
        }
    }
}

async fn pages_hold_both_spellings_of_a_number_in_one_order(store: &Shared) {
    for id in ["1", "2", "3", "4", "5"] {
        let number = if id == "2" || id == "5" { "+15550001" } else { "15550001" };
        record(store, id, number, "t").await;
        record(store, &format!("other-{id}"), "15550002", "t").await;
    }
    for number in ["15550001", "+15550001"] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (shown, next) = list(store, number, after, 2).await;
            seen.extend(shown);
            let Some(next) = next else { break };
            after = Some(next);
        }
        assert_eq!(seen, ["5", "4", "3", "2", "1"], "{number}");
    }
}

async fn an_xid_of_another_number_is_refused_and_left_as_it_was(store: &Shared) {
    record(store, "a", "15550001", "mine").await;
    for number in ["15550002", "+15550002", "115550001"] {
        assert_eq!(record(store, "a", number, "theirs").await, Recorded::OtherPhone);
    }
    assert_eq!(find(store, "a").await, Some(issued(new("a", "15550001", "mine"))));
    present(store, "a", "mine").await;
    assert_eq!(record(store, "a", "15550002", "theirs").await, Recorded::OtherPhone, "verified or not");
}

async fn a_verified_transaction_is_not_recorded_again(store: &Shared) {
    record(store, "a", "15550001", "t").await;
    present(store, "a", "t").await;
    let before = find(store, "a").await;
    assert_eq!(record(store, "a", "15550001", "u").await, Recorded::AlreadyVerified);
    assert_eq!(find(store, "a").await, before);
}

async fn a_token_is_verified_once(store: &Shared) {
    let told = new("a", "15550001", "t");
    store.record(told.clone()).await.unwrap();
    let verified = Transaction { status: "verified".to_owned(), verified_at: Some(moment(5)), ..issued(told) };
    assert_eq!(present(store, "a", "t").await, Presented::Verified(verified.clone()));
    assert_eq!(store.present(&xid("a"), "t", moment(6)).await.unwrap(), Presented::AlreadyVerified);
    assert_eq!(find(store, "a").await, Some(verified));
}

async fn a_token_that_was_replaced_or_never_stored_is_unknown(store: &Shared) {
    record(store, "a", "15550001", "old").await;
    record(store, "a", "15550001", "young").await;
    record(store, "b", "15550001", "other").await;
    for token in ["old", "never", "other", "YOUNG", ""] {
        assert_eq!(present(store, "a", token).await, Presented::Unknown, "{token}");
    }
    assert!(matches!(present(store, "a", "young").await, Presented::Verified(_)));
    assert_eq!(present(store, "a", "old").await, Presented::Unknown);
}

async fn a_status_is_recorded_and_neither_verifies_nor_undoes_it(store: &Shared) {
    let told = new("a", "15550001", "t");
    store.record(told.clone()).await.unwrap();
    let spoken = Transaction { status: "verified".to_owned(), ..issued(told) };
    assert_eq!(store.set_status(&xid("a"), "verified").await.unwrap(), Some(spoken), "only a word");
    assert!(matches!(present(store, "a", "t").await, Presented::Verified(_)));
    let after = store.set_status(&xid("a"), "expired").await.unwrap().unwrap();
    assert_eq!((after.status.as_str(), after.verified_at), ("expired", Some(moment(5))));
    assert_eq!(find(store, "a").await, Some(after));
    assert_eq!(present(store, "a", "t").await, Presented::AlreadyVerified);
    assert_eq!(record(store, "a", "15550001", "u").await, Recorded::AlreadyVerified);
}

async fn a_list_holds_one_number_and_begins_with_the_newest(store: &Shared) {
    assert_eq!(list(store, "15550001", None, 10).await, (vec![], None));
    for id in ["c", "a", "b"] {
        record(store, id, "15550001", "t").await;
        record(store, &format!("other-{id}"), "+15550002", "t").await;
    }
    assert_eq!(list(store, "15550001", None, 10).await.0, ["b", "a", "c"]);
    let page = store.transactions(&phone("15550001"), None, 1).await.unwrap();
    assert_eq!(page.transactions, [issued(new("b", "15550001", "t"))]);
}

async fn pages_neither_skip_nor_repeat_when_rows_arrive_meanwhile(store: &Shared) {
    for id in ["1", "2", "3", "4", "5", "6"] {
        record(store, id, "15550001", "t").await;
    }
    let (shown, next) = list(store, "15550001", None, 2).await;
    assert_eq!(shown, ["6", "5"]);
    record(store, "7", "15550001", "t").await;
    record(store, "3", "15550001", "again").await;
    record(store, "5", "15550001", "again").await;
    let (shown, next) = list(store, "15550001", next, 2).await;
    assert_eq!(shown, ["4", "3"]);
    let kept = Cursor::parse(&next.unwrap().to_string());
    assert_eq!(kept, next, "a cursor travels as text");
    assert_eq!(list(store, "15550001", kept, 2).await, (vec!["2".to_owned(), "1".to_owned()], None), "that was all");
    assert_eq!(list(store, "15550001", None, 7).await.1, None);
    assert_eq!(list(store, "15550001", None, 1).await.0, ["7"]);
}

async fn of_many_presentations_at_once_exactly_one_verifies(store: &Shared) {
    record(store, "a", "15550001", "t").await;
    let answers = at_once(store, async |store, _| present(&store, "a", "t").await).await;
    let (verified, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| matches!(it, Presented::Verified(_)));
    assert_eq!(verified.len(), 1);
    assert!(others.iter().all(|it| *it == Presented::AlreadyVerified));
}

async fn many_xids_recorded_at_once_are_all_kept(store: &Shared) {
    let answers = at_once(store, async |store, number| {
        let answer = record(&store, &format!("x{number}"), "15550001", &format!("t{number}")).await;
        (answer, find(&store, &format!("x{number}")).await.map(|it| it.token == format!("t{number}")))
    });
    assert!(answers.await.into_iter().all(|it| it == (Recorded::Stored, Some(true))), "found as soon as answered");
    let (all, next) = list(store, "15550001", None, MANY).await;
    assert_eq!((all.into_iter().collect::<BTreeSet<_>>().len(), next), (MANY as usize, None));
}

async fn one_xid_recorded_many_times_at_once_is_one_transaction(store: &Shared) {
    let answers = at_once(store, async |store, number| record(&store, "a", "15550001", &format!("t{number}")).await);
    assert!(answers.await.into_iter().all(|it| it == Recorded::Stored));
    assert_eq!(list(store, "15550001", None, 10).await, (vec!["a".to_owned()], None));
    let token = find(store, "a").await.unwrap().token;
    assert!(matches!(present(store, "a", &token).await, Presented::Verified(_)), "the last one holds: {token}");
}

async fn one_xid_recorded_for_many_numbers_at_once_belongs_to_one(store: &Shared) {
    let number_of = |number: u32| format!("1555000{}", number % 4);
    let answers = at_once(store, move |store, number| async move {
        (number_of(number), record(&store, "a", &number_of(number), &format!("t{number}")).await)
    });
    let owner = |store: Shared| async move { find(&store, "a").await.unwrap().phone_number.as_str().to_owned() };
    let answers = answers.await;
    let owner = owner(store.clone()).await;
    for (number, answer) in answers {
        let expected = if number == owner { Recorded::Stored } else { Recorded::OtherPhone };
        assert_eq!(answer, expected);
    }
}

async fn calls_of_every_kind_at_once_do_not_hurt_each_other(store: &Shared) {
    let answers = at_once(store, async |store, number| {
        let (id, name) = (format!("x{}", number % 50), format!("user{number}"));
        record(&store, &id, "15550001", "t").await;
        present(&store, &id, "t").await;
        store.put_user(&name, "hash").await.unwrap();
        store.use_once("lab", &name, moment(60), moment(0)).await.unwrap();
        store.set_status(&xid(&id), "seen").await.unwrap();
        list(&store, "15550001", None, 5).await;
        store.password_hash(&name).await.unwrap().is_some() && store.remove_user(&name).await.unwrap()
    });
    assert!(answers.await.into_iter().all(|it| it));
    assert_eq!(list(store, "15550001", None, 100).await.0.len(), 50);
    assert_eq!(store.users().await.unwrap(), [""; 0]);
}

async fn a_caller_that_goes_away_hurts_nobody(store: &Shared) {
    let answers = at_once(store, async |store, number| {
        let call = record(&store, "x", "15550001", "t");
        let timeout = Duration::from_micros(u64::from(number) * 20);
        let gone = tokio::time::timeout(timeout, call).await.is_err();
        gone || record(&store, &format!("x{number}"), "15550001", "t").await == Recorded::Stored
    });
    assert!(answers.await.into_iter().all(|it| it));
    assert_eq!(record(store, "last", "15550001", "t").await, Recorded::Stored);
}

async fn a_jti_is_taken_once_in_each_profile_until_it_is_over(store: &Shared) {
    let take = async |profile, jti, seconds| {
        let now = moment(seconds);
        store.use_once(profile, jti, now + Duration::from_mins(1), now).await.unwrap()
    };
    assert!(take("lab", "j", 0).await);
    assert!(!take("lab", "j", 0).await);
    assert!(!take("lab", "j", 59).await, "a refusal does not prolong it");
    assert!(take("bearer", "j", 0).await && take("lab", "k", 0).await && take("lab", "J", 0).await);
    assert!(take("lab", "j", 60).await, "its time has passed");
    assert!(!take("lab", "j", 119).await);
}

async fn of_many_uses_of_a_jti_at_once_exactly_one_succeeds(store: &Shared) {
    let answers =
        at_once(store, async |store, _| store.use_once("lab", "j", moment(60), moment(0)).await.unwrap()).await;
    assert_eq!(answers.into_iter().filter(|it| *it).count(), 1);
}

async fn a_jti_may_be_any_text_of_any_length(store: &Shared) {
    let long = "x".repeat(8000);
    for jti in ["", "\0", "a\0b", "\\x41", "é", &long, &format!("{long}y")] {
        for taken in [true, false] {
            assert_eq!(store.use_once("lab", jti, moment(60), moment(0)).await.unwrap(), taken, "{jti:?}");
        }
        assert!(!is_revoked(store, "lab", jti).await, "{jti:?}");
        store.revoke("lab", jti, moment(60)).await.unwrap();
        assert!(is_revoked(store, "lab", jti).await, "{jti:?}");
    }
}

async fn is_revoked(store: &Shared, profile: &str, jti: &str) -> bool {
    store.is_revoked(profile, jti, None).await.unwrap()
}

async fn a_revocation_holds_for_one_jti_of_one_profile(store: &Shared) {
    assert!(!is_revoked(store, "lab", "j").await);
    store.revoke("lab", "j", moment(60)).await.unwrap();
    assert!(is_revoked(store, "lab", "j").await);
    for (profile, jti) in
        [("bearer", "j"), ("LAB", "j"), ("lab", "J"), ("lab", "k"), ("lab", ""), ("", "j"), ("lab", "%")]
    {
        assert!(!is_revoked(store, profile, jti).await, "{profile} {jti}");
    }
    let used = store.use_once("lab", "j", moment(60), moment(0)).await.unwrap();
    assert!(used, "to be revoked is not to be used");
    store.use_once("lab", "used", moment(60), moment(0)).await.unwrap();
    assert!(!is_revoked(store, "lab", "used").await, "nor the other way round");
}

async fn a_revocation_is_kept_until_the_latest_end_that_was_given(store: &Shared) {
    for (jti, ends) in [("longer", [10, 30]), ("shorter", [30, 10]), ("over", [9, 10])] {
        for end in ends {
            store.revoke("lab", jti, moment(end)).await.unwrap();
        }
    }
    store.purge(moment(0), moment(9)).await.unwrap();
    assert!(is_revoked(store, "lab", "over").await, "its end has not come");
    store.purge(moment(0), moment(11)).await.unwrap();
    assert!(!is_revoked(store, "lab", "over").await, "its token has ended as well");
    for jti in ["longer", "shorter"] {
        assert!(is_revoked(store, "lab", jti).await, "{jti}");
    }
    store.purge(moment(0), moment(31)).await.unwrap();
    assert!(!is_revoked(store, "lab", "longer").await && !is_revoked(store, "lab", "shorter").await);
}

async fn many_revocations_at_once_all_hold(store: &Shared) {
    let answers = at_once(store, async |store, number| {
        let jti = format!("j{}", number % 50);
        store.revoke("lab", &jti, moment(60)).await.unwrap();
        is_revoked(&store, "lab", &jti).await
    });
    assert!(answers.await.into_iter().all(|it| it), "as soon as it was answered");
    assert!(!is_revoked(store, "lab", "j50").await);
}

async fn users_are_added_replaced_listed_and_removed(store: &Shared) {
    assert_eq!(store.users().await.unwrap(), [""; 0]);
    for (name, hash) in [("bob", "1"), ("alice", "2"), ("bob", "3")] {
        store.put_user(name, hash).await.unwrap();
    }
    assert_eq!(store.users().await.unwrap(), ["alice", "bob"]);
    assert_eq!(store.password_hash("bob").await.unwrap().as_deref(), Some("3"));
    assert_eq!(store.password_hash("Bob").await.unwrap(), None);
    assert!(store.remove_user("bob").await.unwrap());
    assert!(!store.remove_user("bob").await.unwrap());
    assert_eq!(store.password_hash("bob").await.unwrap(), None);
    assert_eq!(store.users().await.unwrap(), ["alice"]);
}

async fn text_of_every_kind_comes_back_as_it_was(store: &Shared) {
    for (index, id) in
        ["'; DROP TABLE transactions --", "\"\\u0041\\\"", "[1,{}]", "123", "null", "%_$1?"].iter().enumerate()
    {
        let id = id.replace(' ', "~");
        let token = format!("{index}\"\\'é\u{7f}\n\u{1f600}");
        assert_eq!(record(store, &id, "0000000", &token).await, Recorded::Stored);
        assert_eq!(find(store, &id).await, Some(issued(new(&id, "0000000", &token))));
    }
    let status = "dé\"'\\ \u{1f600}\t";
    let transaction = store.set_status(&xid("123"), status).await.unwrap().unwrap();
    assert_eq!(transaction.status, status);
    store.put_user("Zoë 'x' \"y\"", "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA").await.unwrap();
    assert!(store.password_hash("Zoë 'x' \"y\"").await.unwrap().unwrap().starts_with("$argon2id$"));
}

/// Records transactions that expire a second apart, the first in the second zero.
async fn record_many(store: &Shared, count: u32) {
    for first in (0..count).step_by(MANY as usize) {
        let answers = at_once(store, move |store, number| async move {
            let expires_at = moment(i64::from(first + number));
            let new = NewTransaction { expires_at, ..new(&format!("x{}", first + number), "15550001", "t") };
            store.record(new).await.unwrap()
        });
        assert!(answers.await.into_iter().all(|it| it == Recorded::Stored));
    }
}

async fn a_purge_removes_what_expired_before_and_nothing_else(store: &Shared) {
    record_many(store, 1200).await;
    for (jti, seconds) in [("over", 10), ("young", 11)] {
        assert!(store.use_once("lab", jti, moment(seconds), moment(0)).await.unwrap());
    }
    store.put_user("bob", "hash").await.unwrap();
    assert_eq!(store.purge(moment(0), moment(0)).await.unwrap(), 0);
    assert_eq!(store.purge(moment(1100), moment(10)).await.unwrap(), 1100);
    assert!(find(store, "x1099").await.is_none() && find(store, "x1100").await.is_some());
    assert_eq!(list(store, "15550001", None, 200).await.0.len(), 100);
    // As of the second zero both would still be remembered: the first is forgotten only since it was purged.
    assert!(store.use_once("lab", "over", moment(10), moment(0)).await.unwrap());
    assert!(!store.use_once("lab", "young", moment(11), moment(0)).await.unwrap());
    assert_eq!(store.users().await.unwrap(), ["bob"]);
    assert_eq!(record(store, "x1", "15550002", "t").await, Recorded::Stored, "a purged xid is free");
}

async fn a_purge_lets_others_write_meanwhile(store: &Shared) {
    record_many(store, 2000).await;
    let purge = tokio::spawn({
        let store = store.clone();
        async move { store.purge(moment(2000), moment(0)).await.unwrap() }
    });
    let late = |number: u32| NewTransaction { expires_at: moment(9000), ..new(&format!("y{number}"), "15550001", "t") };
    let answers = at_once(store, move |store, number| async move { store.record(late(number)).await.unwrap() }).await;
    assert!(answers.into_iter().all(|it| it == Recorded::Stored));
    assert_eq!(purge.await.unwrap(), 2000);
    assert_eq!(list(store, "15550001", None, 1000).await.0.len(), MANY as usize);
}

async fn an_open_store_answers_a_ping(store: &Shared) {
    store.ping().await.unwrap();
}

async fn a_closed_store_answers_every_call_with_an_error(store: &Shared) {
    record(store, "a", "15550001", "t").await;
    store.close().await;
    store.close().await;
    let answers = [
        store.record(new("a", "15550001", "t")).await.map(drop),
        store.transaction(&xid("a")).await.map(drop),
        store.transactions(&phone("15550001"), None, 1).await.map(drop),
        store.present(&xid("a"), "t", moment(0)).await.map(drop),
        store.set_status(&xid("a"), "s").await.map(drop),
        store.use_once("lab", "j", moment(1), moment(0)).await.map(drop),
        store.revoke("lab", "j", moment(1)).await,
        store.is_revoked("lab", "j", None).await.map(drop),
        store.password_hash("bob").await.map(drop),
        store.put_user("bob", "hash").await,
        store.remove_user("bob").await.map(drop),
        store.users().await.map(drop),
        store.purge(moment(0), moment(0)).await.map(drop),
        store.ping().await,
    ];
    let grants = calls_of_a_closed_store(store).await;
    for (index, answer) in answers.into_iter().chain(grants).enumerate() {
        assert!(matches!(answer, Err(StoreError::Closed)), "call {index}: {answer:?}");
    }
}

/// One call of the property test, about one of few xids, numbers and tokens.
#[derive(Clone, Debug)]
enum Call {
    Record(&'static str, &'static str, &'static str, i64),
    Present(&'static str, &'static str, i64),
    SetStatus(&'static str, &'static str),
    Find(&'static str),
}

fn calls() -> impl Strategy<Value = Call> {
    let id = || select(vec!["a", "b"]);
    let token = || select(vec!["s", "t", "u"]);
    let number = select(vec!["15550001", "+15550001", "15550002"]);
    prop_oneof![
        3 => (id(), number, token(), 0..9_i64).prop_map(|(id, number, token, at)| Call::Record(id, number, token, at)),
        2 => (id(), token(), 0..9_i64).prop_map(|(id, token, at)| Call::Present(id, token, at)),
        1 => (id(), select(vec!["verified", "sent"])).prop_map(|(id, status)| Call::SetStatus(id, status)),
        1 => id().prop_map(Call::Find),
    ]
}

/// What a store must do, in a few lines.
#[derive(Default)]
struct Model(HashMap<String, Transaction>);

impl Model {
    fn record(&mut self, new: NewTransaction) -> Recorded {
        match self.0.get(new.xid.as_str()) {
            Some(stored) if stored.phone_number != new.phone_number => return Recorded::OtherPhone,
            Some(stored) if stored.verified_at.is_some() => return Recorded::AlreadyVerified,
            _ => self.0.insert(new.xid.as_str().to_owned(), issued(new)),
        };
        Recorded::Stored
    }

    fn present(&mut self, id: &str, token: &str, now: DateTime<Utc>) -> Presented {
        match self.0.get_mut(id).filter(|stored| stored.token == token) {
            None => Presented::Unknown,
            Some(stored) if stored.verified_at.is_some() => Presented::AlreadyVerified,
            Some(stored) => {
                stored.status = "verified".to_owned();
                stored.verified_at = Some(now);
                Presented::Verified(stored.clone())
            }
        }
    }

    fn set_status(&mut self, id: &str, status: &str) -> Option<Transaction> {
        let stored = self.0.get_mut(id)?;
        stored.status = status.to_owned();
        Some(stored.clone())
    }
}

/// Makes one call on both, which must answer alike; `case` keeps the xids of one sequence from those of another.
async fn agree(store: &Shared, model: &mut Model, case: usize, call: &Call) {
    let id = |id: &str| format!("{case}-{id}");
    match *call {
        Call::Record(short, number, token, at) => {
            let new = NewTransaction { issued_at: moment(at), ..new(&id(short), number, token) };
            assert_eq!(store.record(new.clone()).await.unwrap(), model.record(new));
        }
        Call::Present(short, token, at) => {
            let answer = store.present(&xid(&id(short)), token, moment(at)).await.unwrap();
            assert_eq!(answer, model.present(&id(short), token, moment(at)));
        }
        Call::SetStatus(short, status) => {
            let answer = store.set_status(&xid(&id(short)), status).await.unwrap();
            assert_eq!(answer, model.set_status(&id(short), status));
        }
        Call::Find(short) => assert_eq!(find(store, &id(short)).await, model.0.get(&id(short)).cloned()),
    }
}

async fn any_sequence_of_calls_does_what_a_simple_model_does(store: &Shared) {
    let (store, runtime) = (store.clone(), tokio::runtime::Handle::current());
    let case = std::cell::Cell::new(0);
    let sequence = move |calls: Vec<Call>| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let mut model = Model::default();
            for call in &calls {
                agree(&store, &mut model, case.get(), call).await;
            }
        });
        Ok(())
    };
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let run = tokio::task::spawn_blocking(move || runner.run(&vec(calls(), 1..24), sequence));
    run.await.unwrap().unwrap();
}

/// The schema of an earlier release, which made these migrations.
fn released(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(migrations.iter().map(migration).collect())
}

/// An error with all its causes, in one line.
fn told(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let line = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    assert!(!line.contains('\n'), "{line}");
    line
}

mod sqlite {
    use std::fs;
    use std::path::Path;

    use hallpass::store::{CodeHash, Rotated, Sqlite, SqliteError};
    use sqlx::{Connection as _, SqliteConnection};
    use tempfile::TempDir;

    use super::*;

    contract!(async { Some(fresh().await) });

    /// A new store, in a folder that must be kept as long as it.
    async fn fresh() -> (Shared, TempDir) {
        let folder = TempDir::new().unwrap();
        (open(&folder.path().join("hallpass.db")).await, folder)
    }

    async fn open(path: &Path) -> Shared {
        Arc::new(Sqlite::open(&format!("sqlite:{}", path.display())).await.unwrap())
    }

    /// Why this file cannot be opened, with all causes, in one line.
    async fn refusal(path: &Path) -> String {
        told(&Sqlite::open(&format!("sqlite:{}", path.display())).await.err().expect("it must be refused"))
    }

    /// A connection beside the store, as another program has it.
    async fn other_program(path: &Path) -> SqliteConnection {
        SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap()
    }

    #[tokio::test]
    async fn reopening_finds_everything() {
        let (store, folder) = fresh().await;
        record(&store, "a", "15550001", "t").await;
        record(&store, "b", "15550001", "t").await;
        present(&store, "b", "t").await;
        store.put_user("bob", "hash").await.unwrap();
        store.use_once("lab", "j", moment(60), moment(0)).await.unwrap();
        store.revoke("lab", "r", moment(60)).await.unwrap();
        for closed in [false, true] {
            if closed {
                store.close().await;
            }
            let store = open(&folder.path().join("hallpass.db")).await;
            assert_eq!(find(&store, "a").await, Some(issued(new("a", "15550001", "t"))));
            assert_eq!(present(&store, "b", "t").await, Presented::AlreadyVerified);
            assert_eq!(store.users().await.unwrap(), ["bob"]);
            assert!(!store.use_once("lab", "j", moment(60), moment(0)).await.unwrap());
            assert!(is_revoked(&store, "lab", "r").await && !is_revoked(&store, "lab", "j").await);
        }
    }

    #[tokio::test]
    async fn a_closed_store_leaves_one_file() {
        let (store, folder) = fresh().await;
        record(&store, "a", "15550001", "t").await;
        store.close().await;
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(files, ["hallpass.db"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (store, folder) = fresh().await;
        record(&store, "a", "15550001", "t").await;
        let modes = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().metadata().unwrap().permissions().mode());
        assert_eq!(modes.map(|mode| mode & 0o777).collect::<Vec<_>>(), [0o600; 3], "the file, its WAL and its index");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn several_that_open_a_new_file_at_once_share_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("hallpass.db");
        let stores: JoinSet<_> = (0..8).map(|_| path.clone()).map(async |path| open(&path).await).collect();
        let stores = stores.join_all().await;
        for (index, store) in stores.iter().enumerate() {
            assert_eq!(record(store, &format!("x{index}"), "15550001", "t").await, Recorded::Stored);
        }
        assert_eq!(list(&stores[0], "15550001", None, 10).await.0.len(), 8);
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused_and_left_as_it_is() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("notes.txt");
        let text = "not a database\n".repeat(1000);
        fs::write(&path, &text).unwrap();
        let line = refusal(&path).await;
        assert!(line.contains("notes.txt` is no SQLite database, or a damaged one; move it away"), "{line}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[tokio::test]
    async fn a_damaged_file_is_refused() {
        let (store, folder) = fresh().await;
        record(&store, "a", "15550001", "t").await;
        store.close().await;
        let path = folder.path().join("hallpass.db");
        let mut bytes = fs::read(&path).unwrap();
        bytes[100..4096].fill(0xa5);
        fs::write(&path, bytes).unwrap();
        let line = refusal(&path).await;
        assert!(line.contains("hallpass.db` is no SQLite database, or a damaged one; move it away"), "{line}");
        assert_eq!(line.matches("(code: ").count(), 1, "the cause is said once: {line}");
    }

    #[tokio::test]
    async fn a_folder_is_refused_and_so_is_a_file_in_none() {
        let folder = TempDir::new().unwrap();
        let line = refusal(folder.path()).await;
        assert!(line.contains(&format!("`{}` is not a file; name one", folder.path().display())), "{line}");
        let line = refusal(&folder.path().join("none/hallpass.db")).await;
        assert!(line.contains("none/hallpass.db`; its folder must exist") && line.contains("No such file"), "{line}");
        fs::write(folder.path().join("file"), "").unwrap();
        let line = refusal(&folder.path().join("file/hallpass.db")).await;
        assert!(line.contains("file/hallpass.db`; its folder must exist"), "{line}");
    }

    #[tokio::test]
    async fn another_programs_database_is_refused_and_left_as_it_is() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("music.db");
        let mut other = other_program(&path).await;
        sqlx::raw_sql("CREATE TABLE songs (name TEXT)").execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        let before = fs::read(&path).unwrap();
        let line = refusal(&path).await;
        assert!(line.contains("music.db` is another program's database; name another file"), "{line}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    async fn a_file_of_each_earlier_schema_is_brought_up_to_date() {
        let migrations = [
            (1, "tables", include_str!("../../src/store/migrations/sqlite/0001_tables.sql")),
            (2, "revoked tokens", include_str!("../../src/store/migrations/sqlite/0002_revoked_tokens.sql")),
            (3, "grants", include_str!("../../src/store/migrations/sqlite/0003_grants.sql")),
            (4, "class", include_str!("../../src/store/migrations/sqlite/0004_class.sql")),
            (5, "joining", include_str!("../../src/store/migrations/sqlite/0005_joining.sql")),
        ];
        for count in 1..=migrations.len() {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("hallpass.db");
            let mut other = other_program(&path).await;
            released(&migrations[..count]).run_direct(None, &mut other, false).await.unwrap();
            let kept = "INSERT INTO users (name, password_hash) VALUES ('bob', 'hash')";
            sqlx::raw_sql(kept).execute(&mut other).await.unwrap();
            other.close().await.unwrap();
            let store = open(&path).await;
            assert_eq!(store.users().await.unwrap(), ["bob"], "schema {count}");
            let token = new_family(&store, "code").await;
            assert_eq!(rotate(&store, &token, &next_token(&token)).await, Rotated::Rotated(grant()));
            assert!(!is_family_revoked(&store, token.family()).await);
        }
    }

    #[tokio::test]
    async fn what_the_issuer_keeps_outlives_the_store_and_no_token_is_in_the_file() {
        let (store, folder) = fresh().await;
        let token = new_family(&store, "c0de-in-clear").await;
        let next = next_token(&token);
        assert_eq!(rotate(&store, &token, &next).await, Rotated::Rotated(grant()));
        put_code(&store, "unspent-in-clear").await;
        store.close().await;
        let path = folder.path().join("hallpass.db");
        let file = fs::read(&path).unwrap();
        let holds = |text: &str| file.windows(text.len()).any(|it| it == text.as_bytes());
        assert!(holds("offline_access"), "what may be read is there");
        for secret in ["c0de-in-clear", "unspent-in-clear", &token.in_clear(), &next.in_clear()] {
            assert!(!holds(secret), "{secret}");
        }
        let store = open(&path).await;
        assert!(store.code(&CodeHash::of("unspent-in-clear"), moment(0)).await.unwrap().is_some());
        assert_eq!(rotate(&store, &token, &next).await, Rotated::Reused);
        assert!(is_family_revoked(&store, token.family()).await);
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let (store, folder) = fresh().await;
        store.close().await;
        let path = folder.path().join("hallpass.db");
        let mut other = other_program(&path).await;
        let newer = "INSERT INTO _sqlx_migrations SELECT 99, 'x', installed_on, success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        sqlx::raw_sql(newer).execute(&mut other).await.unwrap();
        let line = refusal(&path).await;
        assert!(line.contains("hallpass.db` was written by a newer hallpass (schema 99); run that one"), "{line}");
    }

    #[tokio::test]
    async fn a_url_that_names_no_file_is_refused_and_not_repeated() {
        for url in ["hallpass.db", "postgres://bob:hunter2@db/x", "sqlite:", "sqlite://", "sqlite:a.db?mode=memory", ""]
        {
            let error = Sqlite::open(url).await.err().unwrap();
            assert!(matches!(error, SqliteError::NotSqlite), "{url}");
            assert!(told(&error).contains("write for example sqlite:hallpass.db"), "{url}");
            assert!(!told(&error).contains("hunter2"));
        }
    }

    #[tokio::test]
    async fn while_another_program_writes_calls_fail_in_time_and_then_work_again() {
        let (store, folder) = fresh().await;
        record(&store, "a", "15550001", "t").await;
        let mut other = other_program(&folder.path().join("hallpass.db")).await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let start = Instant::now();
        let answers = at_once(&store, async |store, number| {
            let new = new(&format!("x{number}"), "15550001", "t");
            if number % 2 == 0 { store.record(new).await.err() } else { store.ping().await.err() }
        });
        assert!(answers.await.into_iter().all(|error| error.is_some()));
        assert!(start.elapsed() < TIME_OUT + Duration::from_millis(500), "{:?}", start.elapsed());
        assert!(find(&store, "a").await.is_some(), "readers do not wait");
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        assert_eq!(record(&store, "b", "15550001", "t").await, Recorded::Stored);
        store.ping().await.unwrap();
    }

    #[tokio::test]
    async fn what_is_broken_names_no_secret_and_works_again_when_mended() {
        let (store, folder) = fresh().await;
        let mut other = other_program(&folder.path().join("hallpass.db")).await;
        sqlx::raw_sql("ALTER TABLE transactions RENAME TO gone").execute(&mut other).await.unwrap();
        let answers = [
            store.record(new("a", "15550001", "s3cret")).await.map(drop),
            store.present(&xid("a"), "s3cret", moment(0)).await.map(drop),
            store.transactions(&phone("15550001"), None, 1).await.map(drop),
        ];
        for error in answers.map(Result::unwrap_err) {
            let line = format!("{error} {error:?} {}", error.source().unwrap());
            assert!(line.contains("no such table") && !line.contains("s3cret") && !line.contains("15550001"), "{line}");
        }
        store.put_user("bob", "hash").await.unwrap();
        sqlx::raw_sql("ALTER TABLE gone RENAME TO transactions").execute(&mut other).await.unwrap();
        assert_eq!(record(&store, "a", "15550001", "t").await, Recorded::Stored);
        assert!(matches!(present(&store, "a", "t").await, Presented::Verified(_)));
    }
}
