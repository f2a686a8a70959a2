-- The tally: triggers on pledges_pledge that append every change of a confirmed pledge to pledges_tallydelta, and the
-- function that folds these deltas into the day and cell tables.
-- Triggers, because every total must equal a count of the rows, for any statement (form, admin, bulk delete, COPY, TRUNCATE).
-- Append-only deltas, because concurrent confirmations of one sector and county must not wait for each other.

-- The key of the advisory lock that lets one process fold at a time. It is an arbitrary number.
CREATE OR REPLACE FUNCTION tally_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7243016512394::bigint';

-- INSERT, UPDATE and DELETE: old_rows and new_rows are the transition tables of the statement.
CREATE OR REPLACE FUNCTION tally_pledges_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), count(*)
    FROM new_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_pledges_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT day, sector_id, county, sum(n) FROM (
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date AS day, sector_id, coalesce(county_id, '') AS county, 1 AS n
        FROM new_rows WHERE state = 'confirmed'
        UNION ALL
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -1
        FROM old_rows WHERE state = 'confirmed'
    ) change GROUP BY day, sector_id, county HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -count(*)
    FROM old_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

-- TRUNCATE has no transition table. It takes an exclusive lock on the table, so a count before it is exact.
CREATE OR REPLACE FUNCTION tally_pledges_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In a higher isolation level the snapshot may be older than the lock, and the count would be too low.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'pledges can be truncated in a READ COMMITTED transaction only';
    END IF;
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -count(*)
    FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE TRIGGER tally_inserted AFTER INSERT ON pledges_pledge
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_inserted();
CREATE TRIGGER tally_updated AFTER UPDATE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_updated();
CREATE TRIGGER tally_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_deleted();
CREATE TRIGGER tally_truncated BEFORE TRUNCATE ON pledges_pledge
    FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_truncated();

-- Moves all deltas into the day and cell tables; returns their number, or NULL when another process is folding.
-- It is one statement, so every snapshot counts each delta exactly once.
CREATE OR REPLACE FUNCTION fold_tally() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded_count bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(tally_lock()) THEN
        RETURN NULL;
    END IF;
    WITH folded AS (
        DELETE FROM pledges_tallydelta RETURNING day, sector, county, n
    ), days AS (
        INSERT INTO pledges_tallyday AS target (day, sector, county, n)
        SELECT day, sector, county, sum(n) FROM folded GROUP BY day, sector, county HAVING sum(n) <> 0
        ON CONFLICT (day, sector, county) DO UPDATE SET n = target.n + excluded.n
    ), cells AS (
        INSERT INTO pledges_tallycell AS target (sector, county, n)
        SELECT sector, county, sum(n) FROM folded GROUP BY sector, county HAVING sum(n) <> 0
        ON CONFLICT (sector, county) DO UPDATE SET n = target.n + excluded.n
    )
    SELECT count(*) INTO folded_count FROM folded;
    RETURN folded_count;
END $$;

-- Deltas live for about a second. The table is nearly always empty, so autovacuum starts after a fixed number of dead rows.
ALTER TABLE pledges_tallydelta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- Half-filled pages leave room for HOT updates: a fold updates cells without touching their index.
ALTER TABLE pledges_tallycell SET (fillfactor = 50);
