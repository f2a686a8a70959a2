"""The database itself keeps the tally and the signed words.

Why triggers: every total equals a count of the rows, whoever changes them and however (form, admin, bulk delete, merge,
COPY, TRUNCATE, SQL). Why append-only deltas: confirmations of one sector and county never wait for each other.
"""

from django.db import migrations

TALLY = """
-- The lock that one folding process at a time holds.
CREATE FUNCTION tally_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7243016512394::bigint';

-- INSERT, UPDATE and DELETE: the transition tables hold the rows as they were and as they are.
CREATE FUNCTION tally_pledges_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), count(*)
    FROM is_now WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE FUNCTION tally_pledges_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT day, sector_id, county, sum(n) FROM (
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date AS day, sector_id, coalesce(county_id, '') AS county, 1 AS n
        FROM is_now WHERE state = 'confirmed'
        UNION ALL
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -1
        FROM was WHERE state = 'confirmed'
    ) change GROUP BY day, sector_id, county HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

CREATE FUNCTION tally_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -count(*)
    FROM was WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

-- TRUNCATE has no transition table; it holds the table alone, so a count before it is exact.
CREATE FUNCTION tally_pledges_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An older snapshot would not see, and so not subtract, all that goes.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'pledges can be truncated in a READ COMMITTED transaction only';
    END IF;
    INSERT INTO pledges_tallydelta (day, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, sector_id, coalesce(county_id, ''), -count(*)
    FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE TRIGGER tally_inserted AFTER INSERT ON pledges_pledge
    REFERENCING NEW TABLE AS is_now FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_inserted();
CREATE TRIGGER tally_updated AFTER UPDATE ON pledges_pledge
    REFERENCING OLD TABLE AS was NEW TABLE AS is_now FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_updated();
CREATE TRIGGER tally_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_deleted();
CREATE TRIGGER tally_truncated BEFORE TRUNCATE ON pledges_pledge
    FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_truncated();

-- Deltas move into both tables in one statement, so every reader sees them on one side or the other, never on both.
CREATE FUNCTION fold_tally() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE moved bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(tally_lock()) THEN
        RETURN NULL;
    END IF;
    WITH gone AS (
        DELETE FROM pledges_tallydelta RETURNING day, sector, county, n
    ), days AS (
        INSERT INTO pledges_tallyday AS kept (day, sector, county, n)
        SELECT day, sector, county, sum(n) FROM gone GROUP BY day, sector, county HAVING sum(n) <> 0
        ON CONFLICT (day, sector, county) DO UPDATE SET n = kept.n + excluded.n
    ), cells AS (
        INSERT INTO pledges_tallycell AS kept (sector, county, n)
        SELECT sector, county, sum(n) FROM gone GROUP BY sector, county HAVING sum(n) <> 0
        ON CONFLICT (sector, county) DO UPDATE SET n = kept.n + excluded.n
    )
    SELECT count(*) INTO moved FROM gone;
    RETURN moved;
END $$;

-- Deltas live for a second: clean up after them by number, not by share of a table that is nearly always empty.
ALTER TABLE pledges_tallydelta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE pledges_tallycell SET (fillfactor = 50);
"""

UNDO_TALLY = """
DROP TRIGGER tally_truncated ON pledges_pledge;
DROP TRIGGER tally_deleted ON pledges_pledge;
DROP TRIGGER tally_updated ON pledges_pledge;
DROP TRIGGER tally_inserted ON pledges_pledge;
DROP FUNCTION fold_tally();
DROP FUNCTION tally_pledges_truncated();
DROP FUNCTION tally_pledges_deleted();
DROP FUNCTION tally_pledges_updated();
DROP FUNCTION tally_pledges_inserted();
DROP FUNCTION tally_lock();
"""

WORDINGS = """
-- Words stay as someone read and signed them: new words are a new version.
CREATE FUNCTION keep_wordings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.kind, new.sector_id, new.version, new.text_sq, new.text_en)
        IS DISTINCT FROM (old.kind, old.sector_id, old.version, old.text_sq, old.text_en)
    THEN
        RAISE EXCEPTION 'wording % stays as it is: make a new version of it', old.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER keep_wording BEFORE UPDATE ON pledges_wording
    FOR EACH ROW EXECUTE FUNCTION keep_wordings();
"""

UNDO_WORDINGS = """
DROP TRIGGER keep_wording ON pledges_wording;
DROP FUNCTION keep_wordings();
"""


class Migration(migrations.Migration):
    dependencies = [("pledges", "0001_initial")]

    operations = [migrations.RunSQL(TALLY, UNDO_TALLY), migrations.RunSQL(WORDINGS, UNDO_WORDINGS)]
