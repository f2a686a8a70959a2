-- The limit of messages per mailbox.

-- Grants a message to a mailbox: five within a day, or one within a minute and ten within a day for messages that were caused
-- from an opened link, which are counted separately. A mailbox from which a message came back waits for a day, except for messages of an opened link,
-- which prove that it works; then one more is tried, since the fault may have been a passing one.
-- Returns false if the message has to wait; it is then due when the limit allows it, and the time after which it is given up starts
-- anew. A message that is tried again keeps its grant, from now on. The locks make the count exact. They are tried only: waiting
-- could deadlock two senders. `mailboxes` are its digests by each listed key, newest first.
CREATE OR REPLACE FUNCTION grant_message(message uuid, mailboxes bytea[], link_caused boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    present CONSTANT timestamptz := statement_timestamp();
    most_a_day CONSTANT integer := CASE WHEN link_caused THEN 10 ELSE 5 END;
    again_at timestamptz;
BEGIN
    IF NOT (
        SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended('mailbox' || encode(mailbox, 'hex'), 0)))
        FROM unnest(mailboxes) mailbox
    ) THEN
        again_at := present + interval '1 second';
    ELSE
        SELECT max(granted_at + CASE WHEN place = most_a_day THEN interval '1 day' ELSE interval '1 minute' END) INTO again_at
        FROM (
            SELECT granted_at, row_number() OVER (ORDER BY granted_at DESC) AS place FROM pledges_messagegrant
            WHERE mailbox_digest = ANY (mailboxes) AND id <> message
                AND is_link_caused = link_caused AND granted_at > present - interval '1 day'
        ) latest
        WHERE place = most_a_day OR place = 1 AND link_caused AND granted_at > present - interval '1 minute';
        IF again_at IS NULL AND NOT link_caused THEN
            SELECT returned_at + interval '1 day' INTO again_at FROM pledges_returnedmailbox
            WHERE mailbox_digest = ANY (mailboxes) AND returned_at > present - interval '1 day'
            ORDER BY returned_at DESC LIMIT 1;
        END IF;
    END IF;
    IF again_at IS NOT NULL THEN
        UPDATE pledges_message SET due_at = again_at, queued_at = again_at WHERE id = message;
        RETURN false;
    END IF;
    INSERT INTO pledges_messagegrant (id, mailbox_digest, is_link_caused, granted_at)
    VALUES (message, mailboxes[1], link_caused, present)
    ON CONFLICT (id) DO UPDATE SET granted_at = present, mailbox_digest = excluded.mailbox_digest;
    RETURN true;
END $$;
