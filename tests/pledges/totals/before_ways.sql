-- What the release before pledges.0020 wrote: two triggers of its tally, and its fold.

CREATE OR REPLACE FUNCTION tally_pledges_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, hour, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id, coalesce(county_id, ''), count(*)
    FROM new_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, hour, sector, county, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id, coalesce(county_id, ''), -count(*)
    FROM old_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION fold_tally() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded_count bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(tally_lock()) THEN
        RETURN NULL;
    END IF;
    WITH folded AS (
        DELETE FROM pledges_tallydelta RETURNING day, hour, sector, county, n, mark
    ), days AS (
        INSERT INTO pledges_tallyday AS target (day, sector, county, n)
        SELECT day, sector, county, sum(n) FROM folded GROUP BY day, sector, county HAVING sum(n) <> 0
        ON CONFLICT (day, sector, county) DO UPDATE SET n = target.n + excluded.n
    ), dates AS (
        INSERT INTO pledges_tallydate AS target (day, n)
        SELECT day, sum(n) FROM folded GROUP BY day HAVING sum(n) <> 0
        ON CONFLICT (day) DO UPDATE SET n = target.n + excluded.n
    ), hours AS (
        INSERT INTO pledges_tallyhour AS target (hour, n)
        SELECT hour, sum(n) FROM folded WHERE hour IS NOT NULL GROUP BY hour HAVING sum(n) <> 0
        ON CONFLICT (hour) DO UPDATE SET n = target.n + excluded.n
    ), cells AS (
        INSERT INTO pledges_tallycell AS target (sector, county, n)
        SELECT sector, county, sum(n) FROM folded GROUP BY sector, county HAVING sum(n) <> 0
        ON CONFLICT (sector, county) DO UPDATE SET n = target.n + excluded.n
    ), counties AS (
        INSERT INTO pledges_tallycounty AS target (county, gained, lost)
        SELECT county, greatest(sum(n), 0), greatest(-sum(n), 0) FROM folded GROUP BY county HAVING sum(n) <> 0
        ON CONFLICT (county) DO UPDATE SET gained = target.gained + excluded.gained, lost = target.lost + excluded.lost
    ), version AS (
        INSERT INTO pledges_tallyversion AS target (id, mark)
        SELECT 1, bit_xor(mark) FROM folded HAVING count(*) > 0
        ON CONFLICT (id) DO UPDATE SET mark = target.mark # excluded.mark
    )
    SELECT count(*) INTO folded_count FROM folded;
    RETURN folded_count;
END $$;
