-- A class and its pupils. There is one class at a time, so its table has one row at most.

CREATE TABLE classes (
    singleton      INTEGER PRIMARY KEY DEFAULT 1 CHECK (singleton = 1),
    id             TEXT    NOT NULL,
    code           TEXT    NOT NULL,
    started_at     BIGINT  NOT NULL,
    used_at        BIGINT  NOT NULL,
    solutions_held BOOLEAN NOT NULL,
    codes_held     BOOLEAN NOT NULL,
    closed_lessons TEXT    NOT NULL, -- keys of lessons, with blanks between
    version        BIGINT  NOT NULL  -- grows with every change of the class or of a pupil
);

CREATE TABLE pupils (
    place     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order in which they joined
    id        TEXT   NOT NULL UNIQUE,
    name      TEXT   NOT NULL,
    joined_at BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    progress  TEXT   NOT NULL,
    times     TEXT   NOT NULL, -- JSON: when each lesson was opened and solved
    steps     BIGINT NOT NULL  -- grows with every change of the progress
);
