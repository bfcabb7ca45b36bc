-- The answer pages of lessons, each kept for some hours.

CREATE TABLE lab_answers (
    id         BYTEA PRIMARY KEY, -- a MAC of who may see it and of the page's address
    owner      BYTEA NOT NULL,    -- a MAC of the visitor's or the pupil's id
    page       BYTEA NOT NULL,    -- compressed and encrypted
    expires_at BIGINT NOT NULL
);

CREATE INDEX lab_answers_by_expiry ON lab_answers (expires_at, id);
CREATE INDEX lab_answers_by_owner ON lab_answers (owner, expires_at, id);
