-- The text of a commitment that people have chosen is immutable: they promised these words. Staff replace it by a new one.

CREATE OR REPLACE FUNCTION refuse_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.text_sq, new.text_en) IS DISTINCT FROM (old.text_sq, old.text_en)
        AND EXISTS (SELECT FROM pledges_chosencommitment WHERE commitment_id = old.id)
    THEN
        RAISE EXCEPTION 'people have chosen commitment %: replace it instead', old.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER commitment_immutable BEFORE UPDATE ON pledges_commitment
    FOR EACH ROW EXECUTE FUNCTION refuse_commitment_update();

-- For restores (see outbox.sql): the later state of a chosen commitment (plan, reminder, answer) and of the wish to be asked. A
-- commitment can have another slot in the restored database.
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_chosencommitment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on())
    EXECUTE FUNCTION outbox_write('commitment_changed', 'to_jsonb(r) - ''{id,slot,chosen_at}''::text[]');
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_followup REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('follow_up_changed', 'to_jsonb(r)');
