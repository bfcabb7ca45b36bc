-- Whether pupils can join the class.

ALTER TABLE classes ADD COLUMN joining_open INTEGER NOT NULL DEFAULT 1;
