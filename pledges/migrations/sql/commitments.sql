-- The text of a commitment that people have chosen is immutable: they promised these words. Staff offer a new one instead.

CREATE OR REPLACE FUNCTION refuse_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.text_sq, new.text_en) IS DISTINCT FROM (old.text_sq, old.text_en)
        AND EXISTS (SELECT FROM pledges_chosencommitment WHERE commitment_id = old.id)
    THEN
        RAISE EXCEPTION 'people have chosen commitment %: offer a new one instead', old.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER commitment_immutable BEFORE UPDATE ON pledges_commitment
    FOR EACH ROW EXECUTE FUNCTION refuse_commitment_update();

