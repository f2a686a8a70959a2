-- Requests under the law, and rows that are restricted at the request of their person.

-- No message about a restricted row is created, by any path. It is skipped without an error: a form that would lead to one, such as
-- "send me my link", is settled all the same and gets the same answer.
CREATE OR REPLACE FUNCTION skip_restricted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pledges_pledge WHERE id = new.about_id AND restricted_at IS NOT NULL
        UNION ALL SELECT FROM pledges_grouppledge WHERE id = new.about_id AND restricted_at IS NOT NULL
        UNION ALL SELECT FROM pledges_joining WHERE id = new.about_id AND restricted_at IS NOT NULL
        UNION ALL SELECT FROM pledges_voiceowner WHERE id = new.about_id AND restricted_at IS NOT NULL
    ) THEN
        RETURN NULL;
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER skip_restricted BEFORE INSERT ON pledges_message
    FOR EACH ROW EXECUTE FUNCTION skip_restricted();

-- The outbox (outbox.sql): each request as it is now, so that a restore of an older backup loses neither a request nor its answer.
CREATE OR REPLACE TRIGGER outbox_inserted AFTER INSERT ON pledges_datarequest REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('request_changed', 'to_jsonb(r)');
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_datarequest REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('request_changed', 'to_jsonb(r)');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_datarequest REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('request_erased', 'r.id');

-- Whether a row is restricted. The first argument is the name of the model.
CREATE OR REPLACE FUNCTION outbox_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('restriction_changed', jsonb_build_array(
        jsonb_build_object('model', tg_argv[0], 'id', new.id, 'restricted_at', new.restricted_at)
    ));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_restriction AFTER UPDATE OF restricted_at ON pledges_pledge
    FOR EACH ROW WHEN (old.restricted_at IS DISTINCT FROM new.restricted_at AND outbox_is_on())
    EXECUTE FUNCTION outbox_restriction('pledges.Pledge');
CREATE OR REPLACE TRIGGER outbox_restriction AFTER UPDATE OF restricted_at ON pledges_grouppledge
    FOR EACH ROW WHEN (old.restricted_at IS DISTINCT FROM new.restricted_at AND outbox_is_on())
    EXECUTE FUNCTION outbox_restriction('pledges.GroupPledge');
CREATE OR REPLACE TRIGGER outbox_restriction AFTER UPDATE OF restricted_at ON pledges_joining
    FOR EACH ROW WHEN (old.restricted_at IS DISTINCT FROM new.restricted_at AND outbox_is_on())
    EXECUTE FUNCTION outbox_restriction('pledges.Joining');
CREATE OR REPLACE TRIGGER outbox_restriction AFTER UPDATE OF restricted_at ON pledges_enquiry
    FOR EACH ROW WHEN (old.restricted_at IS DISTINCT FROM new.restricted_at AND outbox_is_on())
    EXECUTE FUNCTION outbox_restriction('pledges.Enquiry');
