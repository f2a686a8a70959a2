-- The text of a commitment that people have chosen is immutable: they promised these words. Staff replace it by a new one.
CREATE FUNCTION refuse_chosen_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pledges_chosencommitment WHERE commitment_id = old.id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'people have chosen this commitment: replace it instead';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER immutable BEFORE UPDATE ON pledges_commitment FOR EACH ROW
    WHEN ((new.text_sq, new.text_en) IS DISTINCT FROM (old.text_sq, old.text_en))
    EXECUTE FUNCTION refuse_chosen_commitment();
