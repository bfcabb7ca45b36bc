-- The answer pages of lessons, each kept for some hours.

CREATE TABLE lab_answers (
    id         BLOB    NOT NULL PRIMARY KEY, -- a MAC of the visitor's id and of the page's address
    page       BLOB    NOT NULL,             -- compressed and encrypted
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX lab_answers_by_expiry ON lab_answers (expires_at);
