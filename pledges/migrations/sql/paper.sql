-- Every number of a paper sheet is of a sector, and at least 1. Children are counted in groups only, whose adult the school knows.
CREATE TRIGGER check_people BEFORE INSERT OR UPDATE OF first, second ON pledges_papersheet
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the numbers of a paper sheet are not right', $$
        SELECT FROM unnest(ARRAY[$2.first, $2.second]) AS numbers
        LEFT JOIN jsonb_each_text(numbers) AS each (sector, n) ON true LEFT JOIN pledges_sector ON id = sector::bigint
        WHERE numbers IS NOT NULL AND (id IS NULL OR slug = 'children' OR each.n::bigint < 1)
    $$);
