-- Wordings are immutable: a changed text is a new version, so a pledge keeps the exact text that was signed.

CREATE OR REPLACE FUNCTION refuse_wording_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.kind, new.sector_id, new.version, new.text_sq, new.text_en)
        IS DISTINCT FROM (old.kind, old.sector_id, old.version, old.text_sq, old.text_en)
    THEN
        RAISE EXCEPTION 'wording % is immutable: insert a new version instead', old.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER wording_immutable BEFORE UPDATE ON pledges_wording
    FOR EACH ROW WHEN (old.draft_id IS NULL) EXECUTE FUNCTION refuse_wording_update();
