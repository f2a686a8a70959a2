-- The outbox (outbox.sql): what staff and the contact decided, so that a restore of an older backup does not undo it.
CREATE OR REPLACE FUNCTION outbox_joining_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('joining_changed', jsonb_build_array(jsonb_build_object(
        'id', new.id, 'state', new.state, 'confirmed_at', new.confirmed_at, 'approved_at', new.approved_at,
        'refused_at', new.refused_at, 'refusal', new.refusal, 'ended_at', new.ended_at, 'asked_at', new.asked_at,
        'changed_at', new.changed_at, 'hands_over_at', new.hands_over_at, 'logo', new.logo,
        'is_erased', new.name_cipher IS NULL
    )));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_joining FOR EACH ROW WHEN (
    (old.state <> new.state OR old.name_cipher IS NOT NULL AND new.name_cipher IS NULL) AND outbox_is_on()
) EXECUTE FUNCTION outbox_joining_updated();
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_joining REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('joining_erased', 'r.id');
