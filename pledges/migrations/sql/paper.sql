-- Paper sheets: the checks of their numbers. `first` is a JSON object {sector id: people}, and equal to `second` in a counted sheet.

CREATE OR REPLACE TRIGGER refuse_sector_of_sheets BEFORE DELETE ON pledges_sector
    FOR EACH ROW EXECUTE FUNCTION refuse_counted_sector('pledges_papersheet', 'first', 'second');

-- Every number is of a sector, and at least 1. Children are counted in groups only, whose adult the school knows.
CREATE OR REPLACE FUNCTION check_sheet_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.first = '{}' OR new.second = '{}' OR EXISTS (
        SELECT FROM (
            SELECT * FROM jsonb_each_text(new.first) UNION ALL SELECT * FROM jsonb_each_text(new.second)
        ) AS each (sector, n) LEFT JOIN pledges_sector ON id = sector::bigint
        WHERE id IS NULL OR slug = 'children' OR each.n::bigint < 1
    ) THEN
        RAISE check_violation USING MESSAGE = 'the numbers of a paper sheet are not right';
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER check_sheet_people BEFORE INSERT OR UPDATE OF first, second ON pledges_papersheet
    FOR EACH ROW EXECUTE FUNCTION check_sheet_people();
