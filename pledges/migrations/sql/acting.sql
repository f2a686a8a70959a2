-- From signing to acting: triggers that append to pledges_actingchange who was erased without a confirmation, because the rows do not
-- tell it any more. Signing and all later steps write nothing here: counting reads their rows (pledges/acting/acting.py).
-- Those whom staff removed from the count are no people and not counted. Weeks before the first one that is counted are dropped by
-- the next count.

CREATE OR REPLACE FUNCTION acting_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_actingchange (week, sector, county, way, n)
    SELECT week_of(created_at), sector_id, coalesce(county_id, ''), 'online', count(*) FROM old_rows
    WHERE confirmed_at IS NULL AND state <> 'invalidated' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION acting_groups_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_actingchange (week, sector, county, way, n)
    SELECT week_of(created_at), sector::bigint, county_id, 'groups', sum(each.n::bigint)
    FROM old_rows, jsonb_each_text(people) AS each (sector, n) WHERE state = 'submitted' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER acting_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION acting_pledges_deleted();
CREATE OR REPLACE TRIGGER acting_deleted AFTER DELETE ON pledges_grouppledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION acting_groups_deleted();
