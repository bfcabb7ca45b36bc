-- Whether pupils can join the class.

ALTER TABLE classes ADD COLUMN joining_open BOOLEAN NOT NULL DEFAULT TRUE;
