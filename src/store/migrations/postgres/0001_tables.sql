-- Every time is in whole seconds since 1970. Text is compared byte by byte, and a jti, which may be of any length and an
-- index entry may not, is kept as its SHA-256.

-- `id` has no index of its own: the planner would walk it backwards to list one number, past all others.
CREATE TABLE transactions (
    xid          TEXT COLLATE "C" PRIMARY KEY,
    id           BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY, -- grows with each new xid, and a re-issued one keeps its own
    phone_number TEXT COLLATE "C" NOT NULL,
    issued_at    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    status       TEXT NOT NULL,
    verified_at  BIGINT,
    token        TEXT NOT NULL
) WITH (fillfactor = 90); -- to be verified then changes no index

CREATE INDEX transactions_by_phone ON transactions (phone_number, id);
CREATE INDEX transactions_by_expiry ON transactions (expires_at);

CREATE TABLE used_tokens (
    profile    TEXT COLLATE "C" NOT NULL,
    jti        BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (profile, jti)
);

CREATE INDEX used_tokens_by_expiry ON used_tokens (expires_at);

CREATE TABLE revoked_tokens (
    profile    TEXT COLLATE "C" NOT NULL,
    jti        BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (profile, jti)
);

CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

CREATE TABLE users (
    name          TEXT COLLATE "C" PRIMARY KEY,
    password_hash TEXT NOT NULL
);
