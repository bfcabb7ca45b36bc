-- The answer pages of lessons, each kept for some hours.

CREATE TABLE lab_answers (
    id         BYTEA PRIMARY KEY, -- a MAC of the visitor's id and of the page's address
    page       BYTEA NOT NULL,    -- compressed and encrypted
    expires_at BIGINT NOT NULL
);

CREATE INDEX lab_answers_by_expiry ON lab_answers (expires_at);
