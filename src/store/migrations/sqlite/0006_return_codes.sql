-- With what a pupil comes back in another browser, once: a code, and until when it works.

ALTER TABLE pupils ADD COLUMN return_code TEXT;
ALTER TABLE pupils ADD COLUMN return_until INTEGER;
