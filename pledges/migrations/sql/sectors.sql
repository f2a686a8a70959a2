-- The slug of a published sector is part of addresses and of the open data, and stays. AFTER: for a BEFORE trigger PostgreSQL locks the
-- row against new references whenever a statement names the slug, as each save does, and forms of the sector would wait.
CREATE TRIGGER immutable AFTER UPDATE OF slug ON pledges_sector FOR EACH ROW WHEN (
    old.slug <> new.slug AND old.draft_id IS NULL
) EXECUTE FUNCTION refuse_change('the slug of a published sector does not change');
