-- Owners of voices: the content of the site, and what a restore of an older backup must not bring back.

-- The outbox (outbox.sql): a removed voice, and one whose owner got another address, which ends the links of the address before.
CREATE OR REPLACE FUNCTION outbox_voice_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('voice_changed', jsonb_build_array(jsonb_build_object(
        'id', new.id, 'is_removed', new.removed_at IS NOT NULL, 'link_version', new.link_version
    )));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_voiceowner FOR EACH ROW WHEN (
    (old.removed_at IS NULL AND new.removed_at IS NOT NULL OR old.link_version <> new.link_version) AND outbox_is_on()
) EXECUTE FUNCTION outbox_voice_updated();
CREATE OR REPLACE TRIGGER outbox_restriction AFTER UPDATE OF restricted_at ON pledges_voiceowner
    FOR EACH ROW WHEN (old.restricted_at IS DISTINCT FROM new.restricted_at AND outbox_is_on())
    EXECUTE FUNCTION outbox_restriction('pledges.VoiceOwner');
