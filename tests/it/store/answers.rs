//! What every store must do for the answer pages of lessons.

use hallpass::store::{AnswerId, MOST_ANSWERS};

use super::*;

const PAGE: &[u8] = b"<h2>\0\xff</h2>";

fn id(number: i64) -> AnswerId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    AnswerId(id)
}

async fn keep(store: &Shared, number: i64, expires: i64) {
    store.keep_answer(&id(number), PAGE.to_vec(), moment(expires)).await.unwrap();
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
    let mut kept = JoinSet::new();
    for number in 0..MOST_ANSWERS + 2 {
        let store = store.clone();
        kept.spawn(async move { keep(&store, number, 10 + number).await });
        if kept.len() >= 100 {
            kept.join_next().await.unwrap().unwrap();
        }
    }
    kept.join_all().await;
    // A purge that ran beside another may have left one more. The next page removes it.
    keep(store, MOST_ANSWERS + 2, 10 + MOST_ANSWERS + 2).await;
    for (number, expected) in [(0, false), (2, false), (3, true), (MOST_ANSWERS + 2, true)] {
        assert_eq!(is_kept(store, number, 0).await, expected, "{number}");
    }
}

pub(super) async fn the_end_of_a_class_deletes_the_answer_pages(store: &Shared) {
    start(store).await;
    keep(store, 1, 10).await;
    store.end_class().await.unwrap();
    assert!(!is_kept(store, 1, 0).await);
}
