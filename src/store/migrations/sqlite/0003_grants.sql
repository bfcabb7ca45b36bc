-- What the OAuth issuer keeps. `details` and `granted` are JSON: what no query asks for.

CREATE TABLE authorization_codes (
    hash       BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the code
    details    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- One row for everything that one authorization code gave. It also stands for the spent code.
CREATE TABLE token_families (
    id                 BLOB    NOT NULL PRIMARY KEY,
    code_hash          BLOB    NOT NULL UNIQUE,
    granted            TEXT    NOT NULL,
    refresh_hash       BLOB,             -- SHA-256 of the current refresh token
    refresh_expires_at INTEGER,
    is_revoked         INTEGER NOT NULL DEFAULT 0,
    ends_at            INTEGER NOT NULL  -- when the last of its tokens expires
) STRICT;

CREATE INDEX token_families_by_end ON token_families (ends_at);

CREATE TABLE login_sessions (
    hash       BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's random id
    details    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX login_sessions_by_expiry ON login_sessions (expires_at);
