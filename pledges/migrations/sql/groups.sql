-- Every number of a group pledge is of a sector, and at least 1; an approved number is never above the stated one. No foreign key
-- checks the sectors, by which `people` and `counted` are JSON objects {sector id: people}.
CREATE TRIGGER check_people BEFORE INSERT OR UPDATE OF people, counted ON pledges_grouppledge
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the numbers of a group pledge are not right', $$
        SELECT FROM jsonb_each_text($2.people) AS each (sector, n) LEFT JOIN pledges_sector ON id = sector::bigint
        WHERE id IS NULL OR each.n::bigint < 1
        UNION ALL SELECT FROM jsonb_each_text($2.counted) AS each (sector, n)
        WHERE each.n::bigint NOT BETWEEN 1 AND coalesce(($2.people ->> sector)::bigint, 0)
        UNION ALL SELECT WHERE $2.people = '{}'
    $$);
