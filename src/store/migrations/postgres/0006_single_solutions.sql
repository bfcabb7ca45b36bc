-- Of which lessons the solution is not held like all others, which number tells a pupil from others with the same name
-- (0: none was given yet), how often a pupil came back in another browser, and how often they deleted their progress.

ALTER TABLE classes ADD COLUMN solution_exceptions TEXT NOT NULL DEFAULT ''; -- keys of lessons, with blanks between
ALTER TABLE pupils ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pupils ADD COLUMN returns BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pupils ADD COLUMN restarts BIGINT NOT NULL DEFAULT 0;
