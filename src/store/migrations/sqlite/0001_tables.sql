-- Every time is in whole seconds since 1970.

-- "pass": tells this program's files from those of others.
PRAGMA application_id = 0x70617373;

CREATE TABLE transactions (
    id           INTEGER PRIMARY KEY, -- grows with each new xid, and a re-issued one keeps its own
    xid          TEXT    NOT NULL UNIQUE,
    phone_number TEXT    NOT NULL,
    issued_at    INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    status       TEXT    NOT NULL,
    verified_at  INTEGER,
    token        TEXT    NOT NULL
) STRICT;

CREATE INDEX transactions_by_phone ON transactions (phone_number);
CREATE INDEX transactions_by_expiry ON transactions (expires_at);

CREATE TABLE used_tokens (
    profile    TEXT    NOT NULL,
    jti        TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (profile, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_tokens_by_expiry ON used_tokens (expires_at);

CREATE TABLE users (
    name          TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
