-- Digests are stored only with pairs of registered keys that share a column, so that the unique constraints cover all rows: see
-- pledges/crypto/registry.py. Processes choose such a pair themselves. The trigger refuses what a process computed before it
-- noticed that a rotation was finished.

-- The key of the advisory lock that every writer of digests shares, and that finishing a rotation takes. An arbitrary number.
CREATE OR REPLACE FUNCTION keys_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 5190372846117::bigint';

-- `digest_mark` begins with the ids of the first and the last key. Before any key is registered, every pair is allowed.
CREATE OR REPLACE FUNCTION check_digest_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(keys_lock());
    IF NOT EXISTS (
        SELECT FROM pledges_registeredkey first CROSS JOIN pledges_registeredkey last
        WHERE first.list = 'DIGEST_KEYS' AND first.key_id = left(NEW.digest_mark, 2) AND first.state IN ('coming', 'current')
            AND last.list = 'DIGEST_KEYS' AND last.key_id = substr(NEW.digest_mark, 3, 2)
            AND last.state IN ('current', 'leaving')
    ) AND EXISTS (SELECT FROM pledges_registeredkey WHERE list = 'DIGEST_KEYS') THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'digests of keys that may not be stored now';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_digest_keys BEFORE INSERT OR UPDATE OF digest_mark ON pledges_pledge
    FOR EACH ROW WHEN (NEW.digest_mark <> '') EXECUTE FUNCTION check_digest_keys();
