-- What defaults of columns call.

-- A random number below 2^53. Two changes practically never get the same mark, also after a restore of an older database.
CREATE OR REPLACE FUNCTION random_mark() RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT (random() * 9007199254740992)::bigint';

CREATE SEQUENCE pledges_submission_number;
CREATE SEQUENCE pledges_outbox_number;
