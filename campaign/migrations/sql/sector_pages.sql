-- A sector with a page keeps its slug: see pledges/migrations/sql/sectors.sql.
CREATE OR REPLACE FUNCTION sector_with_page_keeps_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM campaign_page WHERE sector_id = old.id) THEN
        RAISE EXCEPTION 'the slug of a sector that has a page does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sector_keeps_slug';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sector_with_page_keeps_slug AFTER UPDATE OF slug ON pledges_sector
    FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION sector_with_page_keeps_slug();
