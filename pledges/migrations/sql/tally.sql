-- The tally: triggers on pledges_pledge that append every change of a confirmed pledge to pledges_tallydelta, and the
-- function that folds these deltas into the day and cell tables. Each row has the way in which people signed: online, groups
-- or paper. The triggers of group pledges are in groups.sql.
-- Triggers, because every total must equal a count of the rows, for any statement (form, admin, bulk delete, COPY, TRUNCATE).
-- Append-only deltas, because concurrent confirmations of one sector and county must not wait for each other.
-- The version of the tally is the bitwise XOR of the random marks of all deltas, folded or not: it changes exactly when a change
-- is committed, and folding does not change it.

-- The key of the advisory lock that lets one process fold at a time. It is an arbitrary number.
CREATE OR REPLACE FUNCTION tally_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7243016512394::bigint';

-- The hour of a confirmation, for the figure of the last 24 hours. NULL for confirmations of more than eight days ago. A day would
-- do if the clock were always right: a pledge withdrawn while it is days ahead must leave its hour too, which counts again later.
CREATE OR REPLACE FUNCTION tally_hour(confirmed_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN confirmed_at > now() - interval '8 days' THEN date_trunc('hour', confirmed_at, 'UTC') END
$$;

-- INSERT, UPDATE and DELETE: old_rows and new_rows are the transition tables of the statement.
CREATE OR REPLACE FUNCTION tally_pledges_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, hour, sector, county, way, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id, coalesce(county_id, ''), 'online',
           count(*)
    FROM new_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_pledges_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, hour, sector, county, way, n)
    SELECT day, hour, sector_id, county, 'online', sum(n) FROM (
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date AS day, tally_hour(confirmed_at) AS hour, sector_id,
               coalesce(county_id, '') AS county, 1 AS n
        FROM new_rows WHERE state = 'confirmed'
        UNION ALL
        SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id,
               coalesce(county_id, ''), -1
        FROM old_rows WHERE state = 'confirmed'
    ) change GROUP BY day, hour, sector_id, county HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_tallydelta (day, hour, sector, county, way, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id, coalesce(county_id, ''), 'online',
           -count(*)
    FROM old_rows WHERE state = 'confirmed' GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

-- TRUNCATE has no transition table. It takes an exclusive lock on the table, so a count before it is exact.
CREATE OR REPLACE FUNCTION tally_pledges_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In a higher isolation level the snapshot may be older than the lock, and the count would be too low.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'pledges can be truncated in a READ COMMITTED transaction only';
    END IF;
    INSERT INTO pledges_tallydelta (day, hour, sector, county, way, n)
    SELECT (confirmed_at AT TIME ZONE 'Europe/Tirane')::date, tally_hour(confirmed_at), sector_id, coalesce(county_id, ''), 'online',
           -count(*)
    FROM pledges_pledge WHERE state = 'confirmed' GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tally_inserted AFTER INSERT ON pledges_pledge
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_inserted();
CREATE OR REPLACE TRIGGER tally_updated AFTER UPDATE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_updated();
CREATE OR REPLACE TRIGGER tally_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_deleted();
CREATE OR REPLACE TRIGGER tally_truncated BEFORE TRUNCATE ON pledges_pledge
    FOR EACH STATEMENT EXECUTE FUNCTION tally_pledges_truncated();

-- Moves all deltas into the tables by day and cell, by day, by hour, by cell and by county; returns their number, or NULL when
-- another process is folding. It is one statement, so every snapshot counts each delta exactly once.
-- Gains and losses by county are net of one fold: a correction of the sector, which is one more and one fewer in the same county
-- at the same moment, counts as neither.
CREATE OR REPLACE FUNCTION fold_tally() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded_count bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(tally_lock()) THEN
        RETURN NULL;
    END IF;
    WITH folded AS (
        DELETE FROM pledges_tallydelta RETURNING day, hour, sector, county, way, n, mark
    ), days AS (
        INSERT INTO pledges_tallyday AS target (day, sector, county, way, n)
        SELECT day, sector, county, way, sum(n) FROM folded GROUP BY day, sector, county, way HAVING sum(n) <> 0
        ON CONFLICT (day, sector, county, way) DO UPDATE SET n = target.n + excluded.n
    ), dates AS (
        INSERT INTO pledges_tallydate AS target (day, n)
        SELECT day, sum(n) FROM folded GROUP BY day HAVING sum(n) <> 0
        ON CONFLICT (day) DO UPDATE SET n = target.n + excluded.n
    ), hours AS (
        INSERT INTO pledges_tallyhour AS target (hour, n)
        SELECT hour, sum(n) FROM folded WHERE hour IS NOT NULL GROUP BY hour HAVING sum(n) <> 0
        ON CONFLICT (hour) DO UPDATE SET n = target.n + excluded.n
    ), cells AS (
        INSERT INTO pledges_tallycell AS target (sector, county, way, n)
        SELECT sector, county, way, sum(n) FROM folded GROUP BY sector, county, way HAVING sum(n) <> 0
        ON CONFLICT (sector, county, way) DO UPDATE SET n = target.n + excluded.n
    ), counties AS (
        INSERT INTO pledges_tallycounty AS target (county, way, gained, lost)
        SELECT county, way, greatest(sum(n), 0), greatest(-sum(n), 0) FROM folded GROUP BY county, way HAVING sum(n) <> 0
        ON CONFLICT (county, way) DO UPDATE SET gained = target.gained + excluded.gained, lost = target.lost + excluded.lost
    ), version AS (
        INSERT INTO pledges_tallyversion AS target (id, mark)
        SELECT 1, bit_xor(mark) FROM folded HAVING count(*) > 0
        ON CONFLICT (id) DO UPDATE SET mark = target.mark # excluded.mark
    )
    SELECT count(*) INTO folded_count FROM folded;
    RETURN folded_count;
END $$;

-- What a public page needs, in one statement and one snapshot. The live version is that of the content, XORed with that of
-- the tally where the page shows figures. NULL if it is the `known` one. Otherwise a JSON object: the time, the versions, and
-- with figures `cells` [[sector, county, n], ...], `ways` {way: n} and `latest_days` [[day, n], ...] since yesterday, with growth
-- also `days` [[day, n], ...] and `hours` [[hour as Unix time, n], ...] of the last 25 hours. STABLE, so that all its queries use
-- the snapshot of the calling statement.
CREATE OR REPLACE FUNCTION read_moment(with_figures boolean, with_growth boolean, known bigint) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    content bigint;
    live bigint;
BEGIN
    -- The usual case, so one query.
    IF with_figures THEN
        live := (SELECT coalesce(bit_xor(mark), 0) FROM (
            SELECT mark FROM pledges_contentversion UNION ALL SELECT mark FROM pledges_contentchange
            UNION ALL SELECT mark FROM pledges_tallyversion UNION ALL SELECT mark FROM pledges_tallydelta
        ) marks);
    ELSE
        live := content_version();
    END IF;
    IF live = known THEN
        RETURN NULL;
    END IF;
    content := content_version();
    RETURN json_build_object(
        'at', extract(epoch FROM statement_timestamp()), 'live', live, 'content', content, 'tally', live # content,
        'cells', CASE WHEN with_figures THEN (
            SELECT coalesce(json_agg(json_build_array(sector, county, n)), '[]') FROM (
                SELECT sector, county, sum(n) AS n FROM (
                    SELECT sector, county, n FROM pledges_tallycell
                    UNION ALL SELECT sector, county, n FROM pledges_tallydelta
                ) both_tables GROUP BY sector, county
            ) sums
        ) END,
        'ways', CASE WHEN with_figures THEN (
            SELECT coalesce(json_object_agg(way, n), '{}') FROM (
                SELECT way, sum(n) AS n FROM (
                    SELECT way, n FROM pledges_tallycell UNION ALL SELECT way, n FROM pledges_tallydelta
                ) both_tables GROUP BY way
            ) sums
        ) END,
        'latest_days', CASE WHEN with_figures THEN (
            SELECT coalesce(json_agg(json_build_array(day, n)), '[]') FROM (
                SELECT day, sum(n) AS n FROM (
                    SELECT day, n FROM pledges_tallydate UNION ALL SELECT day, n FROM pledges_tallydelta
                ) both_tables WHERE day >= (statement_timestamp() AT TIME ZONE 'Europe/Tirane')::date - 1 GROUP BY day
            ) sums
        ) END,
        'days', CASE WHEN with_growth THEN (
            SELECT coalesce(json_agg(json_build_array(day, n) ORDER BY day), '[]') FROM (
                SELECT day, sum(n) AS n FROM (
                    SELECT day, n FROM pledges_tallydate UNION ALL SELECT day, n FROM pledges_tallydelta
                ) both_tables GROUP BY day HAVING sum(n) <> 0
            ) sums
        ) END,
        'hours', CASE WHEN with_growth THEN (
            SELECT coalesce(json_agg(json_build_array(extract(epoch FROM hour)::bigint, n)), '[]') FROM (
                SELECT hour, sum(n) AS n FROM (
                    SELECT hour, n FROM pledges_tallyhour UNION ALL SELECT hour, n FROM pledges_tallydelta
                ) both_tables WHERE hour > statement_timestamp() - interval '25 hours' GROUP BY hour
            ) sums
        ) END
    )::text;
END $$;

-- Deltas live for about a second. The table is nearly always empty, so autovacuum starts after a fixed number of dead rows.
ALTER TABLE pledges_tallydelta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- Half-filled pages leave room for HOT updates: a fold updates cells without touching their index.
ALTER TABLE pledges_tallycell SET (fillfactor = 50);
