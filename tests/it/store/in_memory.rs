//! What the store in memory has of its own.

use hallpass::store::{DatabaseUrl, Found, Sqlite, check, exposed};

use super::*;

contract!(async { Some((open().await, ())) });

async fn open() -> Shared {
    Arc::new(Sqlite::open("sqlite::memory:").await.unwrap())
}

#[tokio::test]
async fn each_store_in_memory_is_its_own() {
    let (one, other) = (open().await, open().await);
    record(&one, "a", "15550001", "t").await;
    assert!(find(&one, "a").await.is_some());
    assert_eq!(find(&other, "a").await, None);
    one.close().await;
    assert_eq!(find(&open().await, "a").await, None);
}

#[tokio::test]
async fn a_check_of_a_database_in_memory_finds_no_file() {
    for url in ["sqlite::memory:", "sqlite://:memory:"] {
        let url = DatabaseUrl::new(url);
        assert!(url.is_in_memory());
        assert_eq!(check(&url).await.unwrap(), Found::Memory);
        assert!(exposed(&url).is_empty());
    }
    for url in ["sqlite:memory", "sqlite:./:memory:", "sqlite::memory", "postgres::memory:"] {
        assert!(!DatabaseUrl::new(url).is_in_memory(), "{url}");
    }
}
