-- A voice that was given to us ends with the consent of its owner, by any path: the page of the owner, staff, a request for erasure,
-- a restore, which checks each statement, so a voice and its draft go in one. Two triggers: neither stays without the other.

CREATE OR REPLACE FUNCTION voice_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM pledges_message WHERE about_id = new.id;
    DELETE FROM campaign_voice WHERE owner_id = new.id OR draft_of_id IN (SELECT id FROM campaign_voice WHERE owner_id = new.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER voice_removed AFTER UPDATE ON pledges_voiceowner FOR EACH ROW
    WHEN (old.removed_at IS NULL AND new.removed_at IS NOT NULL) EXECUTE FUNCTION voice_removed();

-- The versions and drafts hold the same words.
CREATE OR REPLACE FUNCTION voice_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind integer := (SELECT id FROM django_content_type WHERE app_label = 'campaign' AND model = 'voice');
BEGIN
    UPDATE pledges_voiceowner
    SET removed_at = statement_timestamp(), approved_fingerprint = '', name_cipher = NULL, address_cipher = NULL,
        address_digest = NULL
    WHERE id = old.owner_id AND removed_at IS NULL;
    DELETE FROM reversion_version WHERE content_type_id = kind AND object_id = old.id::text;
    DELETE FROM campaign_voice WHERE draft_of_id = old.id;
    DELETE FROM staff_draft WHERE id = old.draft_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER voice_deleted AFTER DELETE ON campaign_voice FOR EACH ROW
    WHEN (old.kind = 'given') EXECUTE FUNCTION voice_deleted();
