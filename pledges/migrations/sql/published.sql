-- The published figures of counties. The total and the sectors are live, so each confirmation is visible with its time and
-- sector. These functions keep its county from being visible with it.

-- Publishes the counties that are due; returns how many moved. Idempotent. Five is THRESHOLD of
-- pledges/counting/suppression.py.
-- - Counties are compared in rounds, at most once an hour. A round of rises takes place once ten people have come since the
--   last one, a round of falls once ten have left. So its time follows from what the live totals show anyway, and a county
--   that moves, or does not, tells something of ten people at least. All counties move at one moment: figures published one
--   after the other would tell the county of the changes between them.
-- - In a round a county moves by at least five people, and only if at least five of those who came (or left) since the last
--   round are of elsewhere. Otherwise all of them would be known to be of one county.
-- - A figure is never 1 to 4. `base` is the exact number, with which the next one is compared.
-- - Each way of signing (online, groups, paper) has numbers, thresholds and figures of its own, and a county shows the sum of
--   its figures. So someone who knows all group pledges, and subtracts them, learns no more than the figures of people online.
-- - A round of people online notes the version of the tally: the table is published while it is still the same.
CREATE OR REPLACE FUNCTION publish_counties() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    due record;
    moved integer := 0;
    is_online boolean;
BEGIN
    -- One process publishes at a time, and none folds meanwhile.
    PERFORM pg_advisory_xact_lock(tally_lock());
    PERFORM fold_tally();
    IF EXISTS (SELECT FROM pledges_countyround WHERE held_at > statement_timestamp() - interval '1 hour') OR NOT EXISTS (
        SELECT FROM pledges_tallycounty GROUP BY way HAVING sum(gained) >= 10 OR sum(lost) >= 10
    ) THEN
        RETURN 0;
    END IF;
    -- Row by row: a statement that changes no row would change the version of the content too.
    FOR due IN
        SELECT county, max(live) FILTER (WHERE way = 'online') AS online,
            max(live) FILTER (WHERE way = 'groups') AS groups, max(live) FILTER (WHERE way = 'paper') AS paper
        FROM (
            SELECT county, way, sum(live)::bigint AS live, sum(base)::bigint AS base FROM (
                SELECT county, way, n AS live, 0 AS base FROM pledges_tallycell
                UNION ALL SELECT county, way, 0, number FROM pledges_publishedcounty
                    CROSS JOIN LATERAL (VALUES ('online', base), ('groups', groups), ('paper', paper)) published (way, number)
            ) both_tables GROUP BY county, way
        ) counts
        LEFT JOIN pledges_tallycounty USING (county, way)
        JOIN (SELECT way, sum(gained) AS all_gained, sum(lost) AS all_lost FROM pledges_tallycounty GROUP BY way) sums
            USING (way)
        WHERE live - base >= 5 AND all_gained >= 10 AND all_gained - coalesce(gained, 0) >= 5
            OR base - live >= 5 AND all_lost >= 10 AND all_lost - coalesce(lost, 0) >= 5
        GROUP BY county
    LOOP
        INSERT INTO pledges_publishedcounty (county, base, groups, paper, n, published_at)
        VALUES (due.county, 0, 0, 0, 0, '-infinity') ON CONFLICT DO NOTHING;
        UPDATE pledges_publishedcounty SET
            base = coalesce(due.online, base), groups = coalesce(due.groups, groups), paper = coalesce(due.paper, paper),
            n = county_figure(coalesce(due.online, base)) + county_figure(coalesce(due.groups, groups))
                + county_figure(coalesce(due.paper, paper)),
            published_at = statement_timestamp()
        WHERE county = due.county;
        moved := moved + 1;
    END LOOP;
    is_online := coalesce(sum(gained) >= 10 OR sum(lost) >= 10, false) FROM pledges_tallycounty WHERE way = 'online';
    UPDATE pledges_tallycounty SET
        gained = CASE WHEN all_gained >= 10 THEN 0 ELSE gained END,
        lost = CASE WHEN all_lost >= 10 THEN 0 ELSE lost END
    FROM (SELECT way, sum(gained) AS all_gained, sum(lost) AS all_lost FROM pledges_tallycounty GROUP BY way) sums
    WHERE sums.way = pledges_tallycounty.way;
    INSERT INTO pledges_countyround AS round (id, held_at, tally)
    SELECT 1, statement_timestamp(), (SELECT mark FROM pledges_tallyversion WHERE is_online)
    ON CONFLICT (id) DO UPDATE SET
        held_at = excluded.held_at, tally = CASE WHEN is_online THEN excluded.tally ELSE round.tally END;
    RETURN moved;
END $$;

-- What a county shows of this many people of one way.
CREATE OR REPLACE FUNCTION county_figure(people bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    'SELECT CASE WHEN people >= 5 THEN people ELSE 0 END';

-- No statement may move a published figure sooner or by less.
CREATE OR REPLACE FUNCTION refuse_small_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.base, new.groups, new.paper, new.n) = (old.base, old.groups, old.paper, old.n) THEN
        RETURN new;
    END IF;
    IF abs(new.base - old.base) BETWEEN 1 AND 4 OR abs(new.groups - old.groups) BETWEEN 1 AND 4
        OR abs(new.paper - old.paper) BETWEEN 1 AND 4
        OR (new.base, new.groups, new.paper) = (old.base, old.groups, old.paper)
        OR new.published_at < old.published_at + interval '1 hour' THEN
        RAISE EXCEPTION 'the figure of county "%" may not move by so little or so soon', old.county
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER refuse_small_move BEFORE UPDATE ON pledges_publishedcounty
    FOR EACH ROW EXECUTE FUNCTION refuse_small_move();
