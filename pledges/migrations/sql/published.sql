-- The published figures of counties. The total and the sectors are live, so each confirmation is visible with its time and
-- sector. These functions keep its county from being visible with it.

-- Publishes the counties that are due; returns how many moved. Idempotent. Five is THRESHOLD of
-- pledges/totals/suppression.py.
-- - Counties are compared in rounds, at most once an hour. A round of rises takes place once ten people have come since the
--   last one, a round of falls once ten have left. So its time follows from what the live totals show anyway, and a county
--   that moves, or does not, tells something of ten people at least. All counties move at one moment: figures published one
--   after the other would tell the county of the changes between them.
-- - In a round a county moves by at least five people, and only if at least five of those who came (or left) since the last
--   round are of elsewhere. Otherwise all of them would be known to be of one county.
-- - A figure is never 1 to 4. `base` is the exact number, with which the next one is compared.
CREATE OR REPLACE FUNCTION publish_counties() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    due record;
    all_gained bigint;
    all_lost bigint;
    moved integer := 0;
BEGIN
    -- One process publishes at a time, and none folds meanwhile.
    PERFORM pg_advisory_xact_lock(tally_lock());
    PERFORM fold_tally();
    SELECT coalesce(sum(gained), 0), coalesce(sum(lost), 0) INTO all_gained, all_lost FROM pledges_tallycounty;
    IF all_gained < 10 AND all_lost < 10 OR EXISTS (
        SELECT FROM pledges_countyround WHERE held_at > statement_timestamp() - interval '1 hour'
    ) THEN
        RETURN 0;
    END IF;
    -- Row by row: a statement that changes no row would change the version of the content too.
    FOR due IN
        SELECT county, live FROM (
            SELECT county, sum(live) AS live, sum(base) AS base FROM (
                SELECT county, n AS live, 0 AS base FROM pledges_tallycell
                UNION ALL SELECT county, 0, base FROM pledges_publishedcounty
            ) both_tables GROUP BY county
        ) counts LEFT JOIN pledges_tallycounty USING (county)
        WHERE live - base >= 5 AND all_gained >= 10 AND all_gained - coalesce(gained, 0) >= 5
            OR base - live >= 5 AND all_lost >= 10 AND all_lost - coalesce(lost, 0) >= 5
    LOOP
        INSERT INTO pledges_publishedcounty (county, base, n, published_at)
        VALUES (due.county, due.live, CASE WHEN due.live >= 5 THEN due.live ELSE 0 END, statement_timestamp())
        ON CONFLICT (county) DO UPDATE SET base = excluded.base, n = excluded.n, published_at = excluded.published_at;
        moved := moved + 1;
    END LOOP;
    UPDATE pledges_tallycounty SET
        gained = CASE WHEN all_gained >= 10 THEN 0 ELSE gained END,
        lost = CASE WHEN all_lost >= 10 THEN 0 ELSE lost END;
    INSERT INTO pledges_countyround (id, held_at) VALUES (1, statement_timestamp())
    ON CONFLICT (id) DO UPDATE SET held_at = excluded.held_at;
    RETURN moved;
END $$;

-- No statement may move a published figure sooner or by less.
CREATE OR REPLACE FUNCTION refuse_small_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF abs(new.base - old.base) < 5 OR new.published_at < old.published_at + interval '1 hour' THEN
        RAISE EXCEPTION 'the figure of county "%" may not move by so little or so soon', old.county
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER refuse_small_move BEFORE UPDATE ON pledges_publishedcounty
    FOR EACH ROW WHEN (new.base <> old.base OR new.n <> old.n) EXECUTE FUNCTION refuse_small_move();
