-- Wordings are immutable: a changed text is a new version, so that signed words stay as they were signed.

CREATE OR REPLACE FUNCTION keep_wordings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.kind, new.sector_id, new.version, new.text_sq, new.text_en)
        IS DISTINCT FROM (old.kind, old.sector_id, old.version, old.text_sq, old.text_en)
    THEN
        RAISE EXCEPTION 'wording % stays as it is: make a new version of it', old.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER keep_wording BEFORE UPDATE ON pledges_wording
    FOR EACH ROW EXECUTE FUNCTION keep_wordings();
