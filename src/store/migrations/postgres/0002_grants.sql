-- What the OAuth issuer keeps. `details` and `granted` are JSON: what no query asks for. They are TEXT, since JSON's
-- escapes also hold the character NUL, which a client may send, and JSONB does not.

CREATE TABLE authorization_codes (
    hash       BYTEA PRIMARY KEY, -- SHA-256 of the code
    details    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- One row for everything that one authorization code gave. It also stands for the spent code.
CREATE TABLE token_families (
    id                 BYTEA PRIMARY KEY,
    code_hash          BYTEA NOT NULL UNIQUE,
    granted            TEXT NOT NULL,
    refresh_hash       BYTEA,            -- SHA-256 of the current refresh token
    refresh_expires_at BIGINT,
    is_revoked         BOOLEAN NOT NULL DEFAULT false,
    ends_at            BIGINT NOT NULL   -- when the last of its tokens expires
);

CREATE INDEX token_families_by_end ON token_families (ends_at);

CREATE TABLE login_sessions (
    hash       BYTEA PRIMARY KEY, -- SHA-256 of the cookie's random id
    details    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX login_sessions_by_expiry ON login_sessions (expires_at);
