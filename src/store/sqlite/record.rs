//! Records many transactions in one statement, with the same result as one after the other.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::super::{NewTransaction, Recorded};

/// Records all transactions, and returns the results in the order of `new`.
///
/// The rows afterwards show which were refused: an xid keeps its phone number, and no client can have presented a token
/// that was not issued yet.
pub(super) async fn record(connection: &mut SqliteConnection, new: &[NewTransaction]) -> sqlx::Result<Vec<Recorded>> {
    if new.is_empty() || write(connection, new).await? == new.len() as u64 {
        return Ok(vec![Recorded::Stored; new.len()]);
    }
    let stored = read(connection, new).await?;
    Ok(new.iter().map(|new| outcome(new, stored.get(new.xid.as_str()))).collect())
}

/// Writes the transactions that may be written, and returns their number.
async fn write(connection: &mut SqliteConnection, new: &[NewTransaction]) -> sqlx::Result<u64> {
    let upsert = "
        INSERT INTO transactions (xid, phone_number, issued_at, expires_at, status, token)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, 'issued', value ->> 4 FROM json_each($1) WHERE true
        ON CONFLICT (xid) DO UPDATE SET
            phone_number = excluded.phone_number, issued_at = excluded.issued_at, expires_at = excluded.expires_at,
            status = 'issued', token = excluded.token
        WHERE ltrim(phone_number, '+') = ltrim(excluded.phone_number, '+') AND verified_at IS NULL";
    Ok(sqlx::query(upsert).bind(as_json(new)).execute(connection).await?.rows_affected())
}

/// The rows as one JSON text, so that one prepared statement can write any number of them.
fn as_json(new: &[NewTransaction]) -> String {
    let row = |new: &NewTransaction| {
        let NewTransaction { xid, phone_number, issued_at, expires_at, token } = new;
        serde_json::json!([xid.as_str(), phone_number.as_str(), issued_at.timestamp(), expires_at.timestamp(), token])
    };
    new.iter().map(row).collect::<serde_json::Value>().to_string()
}

/// The row of an xid: the digits of its phone number, and whether it was verified.
type StoredRow = (String, bool);

async fn read(connection: &mut SqliteConnection, new: &[NewTransaction]) -> sqlx::Result<HashMap<String, StoredRow>> {
    let select = "SELECT xid, ltrim(phone_number, '+') AS digits, verified_at IS NOT NULL AS verified FROM transactions
                  WHERE xid IN (SELECT value ->> 0 FROM json_each($1))";
    let stored = |row: SqliteRow| Ok((row.try_get("xid")?, (row.try_get("digits")?, row.try_get("verified")?)));
    sqlx::query(select).bind(as_json(new)).fetch_all(connection).await?.into_iter().map(stored).collect()
}

fn outcome(new: &NewTransaction, stored: Option<&StoredRow>) -> Recorded {
    match stored {
        Some((digits, _)) if digits != new.phone_number.digits() => Recorded::OtherPhone,
        Some((_, true)) => Recorded::AlreadyVerified,
        _ => Recorded::Stored,
    }
}
