-- Tombstones: what a restore of an older backup must not bring back, written in the transaction of the change and applied by
-- `manage.py finish_restore`. One trigger a table: it fires for erased rows and for changes of the columns that it names, so
-- confirming, the most frequent update, writes nothing. They hold ids, digests and ciphertexts, never plain personal data.
-- The setting weare1.tombstones = off keeps them from writing: settling, applying and recomputing digests use it.
-- The same trigger ends the messages about a row that is deleted, by any path.

-- The arguments: the primary key, then the columns whose values are kept.
CREATE OR REPLACE FUNCTION write_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    after jsonb;
BEGIN
    IF tg_op = 'DELETE' AND tg_table_name IN (
        'pledges_pledge', 'pledges_grouppledge', 'pledges_joining', 'pledges_answer', 'pledges_datarequest', 'pledges_voiceowner'
    ) THEN
        DELETE FROM pledges_message WHERE about_id = old.id;
    END IF;
    IF current_setting('weare1.tombstones', true) = 'off' THEN
        RETURN NULL;
    END IF;
    -- Null for a row that is deleted.
    after := to_jsonb(new);
    IF tg_op = 'UPDATE' THEN
        SELECT jsonb_object_agg(name, to_jsonb(old) -> name), jsonb_object_agg(name, after -> name)
        INTO before, after FROM unnest(tg_argv[1:]) name;
        IF before = after THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO pledges_tombstone (kind, "row", "values")
    VALUES (tg_table_name, to_jsonb(coalesce(new, old)) ->> tg_argv[0], after);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF
    name_cipher, address_cipher, address_digest, link_version, new_address_at, updates, show_name, wall, restricted_at
    ON pledges_pledge FOR EACH ROW EXECUTE FUNCTION write_tombstone(
        id, name_cipher, address_cipher, address_digest, name_digest, domain_digest, slot, link_version, new_address_cipher,
        new_address_at, keep_asked_at, updates, show_name, wall, wall_at, restricted_at
    );
-- Not those that were settled: `settle` of pledges/inbox/submissions.py switches it off.
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE ON pledges_submission FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE ON pledges_referrallink
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(pledge_id);
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE ON pledges_follow FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF remind_at ON pledges_chosencommitment
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(id, day, remind_at);
CREATE OR REPLACE TRIGGER tombstone AFTER UPDATE OF ended_at ON pledges_followup
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(pledge_id, ended_at);
CREATE OR REPLACE TRIGGER tombstone AFTER INSERT OR DELETE ON pledges_blockedaddress
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);
-- The note that a message came back, erased at a request or too old.
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE ON pledges_returnedmailbox FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);
-- A sheet contains no name, and its number must not be given out twice.
CREATE OR REPLACE TRIGGER tombstone AFTER INSERT ON pledges_papersheet FOR EACH ROW EXECUTE FUNCTION write_tombstone(number);

CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF withdrawn_at, name_cipher, link_version, restricted_at
    ON pledges_grouppledge FOR EACH ROW EXECUTE FUNCTION write_tombstone(
        id, state, people, counted, confirmed_at, approved_at, refused_at, refusal, withdrawn_at,
        name_cipher, address_cipher, address_digest, words_cipher, link_version, restricted_at
    );
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF ended_at, name_cipher, link_version, restricted_at
    ON pledges_joining FOR EACH ROW EXECUTE FUNCTION write_tombstone(
        id, state, confirmed_at, approved_at, refused_at, refusal, ended_at, asked_at, changed_at, hands_over_at, logo,
        name_cipher, address_cipher, address_digest, words_cipher, link_version, restricted_at
    );
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF restricted_at ON pledges_enquiry
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(id, restricted_at);
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF removed_at, link_version, restricted_at ON pledges_voiceowner
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(
        id, name_cipher, address_cipher, address_digest, words_cipher, link_version, asked_at, approved_at,
        approved_fingerprint, removed_at, restricted_at
    );
CREATE TRIGGER tombstone AFTER DELETE ON pledges_answer FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);
CREATE TRIGGER tombstone AFTER DELETE ON pledges_datarequest FOR EACH ROW EXECUTE FUNCTION write_tombstone(id);

-- An account that was closed or opened. After a restore to an earlier moment all wait for an administrator.
CREATE OR REPLACE TRIGGER tombstone AFTER DELETE OR UPDATE OF is_active ON auth_user
    FOR EACH ROW EXECUTE FUNCTION write_tombstone(id, is_active);
