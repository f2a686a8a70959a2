-- The slug of a sector is part of addresses and of the open data. It can be corrected until the sector is used: signed by
-- anybody, counted, or with a page (campaign/migrations/sql/sector_pages.sql). The row is locked against
-- new references meanwhile, because the slug is unique. AFTER: for a BEFORE trigger PostgreSQL takes that lock whenever a statement
-- names the slug, as each save does, and forms of the sector would wait for an editor or a preview.
CREATE OR REPLACE FUNCTION sector_keeps_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pledges_pledge WHERE sector_id = old.id)
        OR EXISTS (SELECT FROM pledges_milestone WHERE sector_id = old.id)
        OR EXISTS (SELECT FROM pledges_grouppledge WHERE jsonb_exists(people, old.id::text))
        OR EXISTS (SELECT FROM pledges_papersheet WHERE jsonb_exists(first, old.id::text) OR jsonb_exists(second, old.id::text))
    THEN
        RAISE EXCEPTION 'the slug of a sector that is used does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sector_keeps_slug';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sector_keeps_slug AFTER UPDATE OF slug ON pledges_sector
    FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION sector_keeps_slug();
