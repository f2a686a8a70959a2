-- The slug of a published sector is part of addresses and of the open data, and stays. AFTER: for a BEFORE trigger PostgreSQL locks the
-- row against new references whenever a statement names the slug, as each save does, and forms of the sector would wait.
CREATE TRIGGER immutable AFTER UPDATE OF slug ON pledges_sector FOR EACH ROW WHEN (
    old.slug <> new.slug AND old.draft_id IS NULL
) EXECUTE FUNCTION refuse_change('the slug of a published sector does not change');

-- A sector whose people are counted stays, also where the numbers (groups.sql, paper.sql) refer to it without a foreign key.
CREATE TRIGGER is_counted BEFORE DELETE ON pledges_sector
    FOR EACH ROW EXECUTE FUNCTION refuse_change('people of this sector are counted in groups or on paper', $$
        SELECT FROM pledges_grouppledge WHERE people ? $1.id::text
        UNION ALL SELECT FROM pledges_papersheet WHERE first ? $1.id::text OR second ? $1.id::text
    $$);
