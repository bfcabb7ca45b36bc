//! What every store must do for the answer pages of lessons.

use hallpass::store::{AnswerId, AnswerOwner, MOST_ANSWERS, MOST_ANSWERS_OF_ONE, NewAnswer};

use super::*;

const PAGE: &[u8] = b"<h2>\0\xff</h2>";

fn id(number: i64) -> AnswerId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    AnswerId(id)
}

/// Each page has an owner of its own.
async fn keep(store: &Shared, number: i64, expires: i64) {
    keep_of(store, number, number, expires).await;
}

async fn keep_of(store: &Shared, owner: i64, number: i64, expires: i64) {
    let owner = AnswerOwner(id(owner).0);
    let new = NewAnswer { id: id(number), owner, page: PAGE.to_vec(), expires_at: moment(expires) };
    store.keep_answer(&new).await.unwrap();
}

async fn is_kept(store: &Shared, number: i64, at: i64) -> bool {
    let found = store.answer(&id(number), moment(at)).await.unwrap();
    assert!(found.as_ref().is_none_or(|page| page == PAGE));
    found.is_some()
}

pub(super) async fn an_answer_page_is_kept_until_it_expires(store: &Shared) {
    assert!(!is_kept(store, 1, 0).await);
    keep(store, 1, 10).await;
    keep(store, 2, 20).await;
    assert!(is_kept(store, 1, 9).await && !is_kept(store, 1, 10).await && is_kept(store, 2, 10).await);
    store.purge(moment(0), moment(10)).await.unwrap();
    assert!(!is_kept(store, 1, 0).await && is_kept(store, 2, 0).await);
}

pub(super) async fn the_newest_answer_pages_are_kept(store: &Shared) {
    for number in 0..MOST_ANSWERS + 3 {
        keep(store, number, 10 + number).await;
    }
    for (number, expected) in [(0, false), (2, false), (3, true), (MOST_ANSWERS + 2, true)] {
        assert_eq!(is_kept(store, number, 0).await, expected, "{number}");
    }
}

pub(super) async fn the_newest_answer_pages_of_one_owner_are_kept_and_nobody_else_s_go(store: &Shared) {
    keep_of(store, 1, 0, 10).await;
    for number in 1..=MOST_ANSWERS_OF_ONE + 1 {
        keep_of(store, 2, number, 10 + number).await;
    }
    for (number, expected) in [(0, true), (1, false), (2, true), (MOST_ANSWERS_OF_ONE + 1, true)] {
        assert_eq!(is_kept(store, number, 0).await, expected, "{number}");
    }
}

pub(super) async fn a_pupil_who_is_removed_takes_their_answer_pages_along(store: &Shared) {
    let class = start(store).await;
    let (ada, bo) = (join(store, &class, "Ada").await, join(store, &class, "Bo").await);
    for (pupil, number) in [(&ada, 1), (&bo, 2)] {
        let owner = AnswerOwner::of_pupil(pupil);
        let new = NewAnswer { id: id(number), owner, page: PAGE.to_vec(), expires_at: moment(10) };
        store.keep_answer(&new).await.unwrap();
    }
    assert!(store.remove_pupil(&ada, moment(1)).await.unwrap());
    assert!(!is_kept(store, 1, 0).await && is_kept(store, 2, 0).await);
}

pub(super) async fn the_end_of_a_class_deletes_the_answer_pages(store: &Shared) {
    start(store).await;
    keep(store, 1, 10).await;
    store.end_class().await.unwrap();
    assert!(!is_kept(store, 1, 0).await);
}
