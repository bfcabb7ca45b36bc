-- A class and its pupils. There is one class at a time, so its table has one row at most.

CREATE TABLE classes (
    singleton      INTEGER PRIMARY KEY DEFAULT 1 CHECK (singleton = 1),
    id             TEXT    NOT NULL,
    code           TEXT    NOT NULL,
    started_at     INTEGER NOT NULL,
    used_at        INTEGER NOT NULL,
    solutions_held INTEGER NOT NULL,
    codes_held     INTEGER NOT NULL,
    closed_lessons TEXT    NOT NULL, -- keys of lessons, with blanks between
    version        INTEGER NOT NULL  -- grows with every change of the class or of a pupil
) STRICT;

CREATE TABLE pupils (
    place     INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which they joined
    id        TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    joined_at INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,
    progress  TEXT    NOT NULL,
    times     TEXT    NOT NULL, -- JSON: when each lesson was opened and solved
    steps     INTEGER NOT NULL  -- grows with every change of the progress
) STRICT;
