-- Organisations that join: settling, and what a restore of an older backup must not bring back.

-- An organisation, as `settle_group` in groups.sql. When its contact enters it again, the one that exists stays, and its message
-- is sent again: the confirmation, or a link to the entry. The limit per mailbox is applied when messages are sent.
CREATE OR REPLACE FUNCTION settle_joining(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known record;
    message_kind text := 'join';
BEGIN
    IF is_blocked(submission) THEN
        RETURN;
    END IF;
    SELECT id, state INTO known FROM pledges_joining
    WHERE address_digest = submission.address_digest
        AND organisation_key = submission.details ->> 'organisation_key' AND state IN ('submitted', 'confirmed', 'approved')
    ORDER BY state LIMIT 1;
    IF FOUND THEN
        IF known.state <> 'submitted' THEN
            message_kind := 'join_again';
        END IF;
    ELSE
        known.id := submission.id;
        INSERT INTO pledges_joining (
            id, organisation, organisation_key, kind, municipality_id, url, domain, statement_sq, statement_en, agreed,
            language, state, created_at, expires_at, refusal, name_cipher, address_cipher, address_digest
        )
        SELECT submission.id, form.organisation, form.organisation_key, form.kind, form.municipality, form.url, form.domain,
            form.statement_sq, form.statement_en, form.agreed, submission.language, 'submitted', submission.created_at,
            submission.created_at + pending_life(), '', submission.name_cipher, submission.address_cipher,
            submission.address_digest
        FROM jsonb_to_record(submission.details) AS form (
            organisation text, organisation_key text, kind text, municipality bigint, url text, domain text,
            statement_sq text, statement_en text, agreed text
        ) ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error)
    SELECT gen_random_uuid(), message_kind, known.id, submission.language, 'queued', 0, ''
    WHERE NOT EXISTS (
        SELECT FROM pledges_message
        WHERE about_id = known.id AND kind = message_kind
            AND (state = 'queued' AND leased_until IS NULL OR created_at > statement_timestamp() - interval '1 minute')
    );
END $$;

-- "Send me my link" for organisations, as `queue_group_links` in groups.sql: one message with the links of those that the mailbox
-- has confirmed, and the confirmation of each that waits for it.
CREATE OR REPLACE FUNCTION queue_joining_links(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own uuid[];
BEGIN
    SELECT array_agg(id) INTO own FROM (
        SELECT id FROM pledges_joining
        WHERE address_digest = submission.address_digest
            AND (state <> 'submitted' OR expires_at > statement_timestamp())
            -- No message about a restricted one is created: the message is about another one.
            AND restricted_at IS NULL
        FOR KEY SHARE NOWAIT
    ) locked;
    INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error)
    SELECT gen_random_uuid(), wanted, id, language, 'queued', 0, ''
    FROM (
        -- The page of a confirmation is that of one organisation.
        SELECT DISTINCT ON (wanted, pending) wanted, pending, id, language
        FROM pledges_joining, LATERAL (
            SELECT CASE WHEN state = 'submitted' THEN 'join' ELSE 'join_links' END AS wanted,
                CASE WHEN state = 'submitted' THEN id END AS pending
        ) message WHERE id = ANY (own) ORDER BY wanted, pending, created_at DESC
    ) latest
    WHERE NOT EXISTS (
        SELECT FROM pledges_message
        WHERE about_id = ANY (CASE WHEN pending IS NULL THEN own ELSE ARRAY[pending] END) AND kind = wanted
            AND (state = 'queued' AND leased_until IS NULL OR created_at > statement_timestamp() - interval '1 minute')
    );
END $$;

-- The outbox (outbox.sql): what staff and the contact decided, so that a restore of an older backup does not undo it.
CREATE OR REPLACE FUNCTION outbox_joining_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('joining_changed', jsonb_build_array(jsonb_build_object(
        'id', new.id, 'state', new.state, 'confirmed_at', new.confirmed_at, 'approved_at', new.approved_at,
        'refused_at', new.refused_at, 'refusal', new.refusal, 'ended_at', new.ended_at, 'asked_at', new.asked_at,
        'is_erased', new.name_cipher IS NULL
    )));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_joining FOR EACH ROW WHEN (
    (old.state <> new.state OR old.name_cipher IS NOT NULL AND new.name_cipher IS NULL) AND outbox_is_on()
) EXECUTE FUNCTION outbox_joining_updated();
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_joining REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('joining_erased', 'r.id');
