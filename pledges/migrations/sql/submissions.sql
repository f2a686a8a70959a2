-- The inbox: pledges/inbox/submissions.py.

-- Queues a message of this kind to the supporter and returns its id. One that still waits is not joined by a second one: its
-- content is made when it is sent. The update locks it, so that no sender claims it before the caller's changes are committed.
CREATE OR REPLACE FUNCTION queue_message(message_kind text, pledge uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    message uuid;
BEGIN
    UPDATE pledges_message
    SET language = pledges_pledge.language
    FROM pledges_pledge
    WHERE pledges_pledge.id = pledge AND pledge_id = pledge AND kind = message_kind
        AND pledges_message.state = 'queued' AND leased_until IS NULL
    RETURNING pledges_message.id INTO message;
    IF NOT FOUND THEN
        INSERT INTO pledges_message (id, kind, pledge_id, language, state, attempts, error)
        SELECT gen_random_uuid(), message_kind, id, language, 'queued', 0, '' FROM pledges_pledge WHERE id = pledge
        RETURNING id INTO message;
    END IF;
    RETURN message;
END $$;

ALTER SEQUENCE pledges_submission_number OWNED BY pledges_submission.number;
-- Submissions live for about half a second. The table is nearly always empty, so autovacuum starts after a fixed number of
-- dead rows.
ALTER TABLE pledges_submission SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
