-- Group pledges: the checks of their numbers. `counted` is a JSON object {sector id: people}. Paper sheets (paper.sql)
-- use the first function too.

-- The numbers name sectors by id, which no foreign key checks: a sector that they name cannot be deleted. The arguments: the
-- table and its two columns.
CREATE OR REPLACE FUNCTION refuse_counted_sector() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_counted boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE jsonb_exists(%I, $1) OR jsonb_exists(%I, $1))', VARIADIC TG_ARGV)
    INTO is_counted USING old.id::text;
    IF is_counted THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s counts people of this sector', TG_ARGV[0]);
    END IF;
    RETURN old;
END $$;

CREATE OR REPLACE TRIGGER refuse_sector_of_groups BEFORE DELETE ON pledges_sector
    FOR EACH ROW EXECUTE FUNCTION refuse_counted_sector('pledges_grouppledge', 'people', 'counted');

-- Every number is of a sector, and at least 1; an approved number is never above the stated one.
CREATE OR REPLACE FUNCTION check_group_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.people = '{}' OR EXISTS (
        SELECT FROM jsonb_each_text(new.people) AS each (sector, n) LEFT JOIN pledges_sector ON id = sector::bigint
        WHERE id IS NULL OR each.n::bigint < 1
    ) OR EXISTS (
        SELECT FROM jsonb_each_text(new.counted) AS each (sector, n)
        WHERE each.n::bigint < 1 OR each.n::bigint > coalesce((new.people ->> sector)::bigint, 0)
    ) THEN
        RAISE check_violation USING MESSAGE = 'the numbers of a group pledge are not right';
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER check_group_people BEFORE INSERT OR UPDATE OF people, counted ON pledges_grouppledge
    FOR EACH ROW EXECUTE FUNCTION check_group_people();
