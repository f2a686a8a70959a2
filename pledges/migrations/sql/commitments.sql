-- The text of a commitment that people have chosen is immutable: they promised these words. Staff offer a new one instead.
CREATE TRIGGER immutable BEFORE UPDATE ON pledges_commitment FOR EACH ROW
    WHEN ((new.text_sq, new.text_en) IS DISTINCT FROM (old.text_sq, old.text_en))
    EXECUTE FUNCTION refuse_change(
        'people have chosen this commitment: offer a new one instead',
        'SELECT FROM pledges_chosencommitment WHERE commitment_id = $1.id'
    );
