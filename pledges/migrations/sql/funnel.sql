-- The funnel of confirmations: triggers that append to pledges_funnelchange what the rows do not tell once they are erased.
-- Signing, sending and confirming write nothing here: their rows have a time, and reading counts them (pledges/statistics/funnel.py).
-- Everything counts on the day of the sign-up. Rows of older days, which no page shows, are not counted.

-- Erased pledges. One that staff removed is not counted as expired.
CREATE OR REPLACE FUNCTION funnel_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_funnelchange (day, domain_digest, kind, n)
    SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, domain_digest, kind, count(*) FROM (
        SELECT created_at, domain_digest, 'signed' AS kind FROM old_rows
        UNION ALL
        SELECT created_at, domain_digest, 'confirmed' FROM old_rows WHERE confirmed_at IS NOT NULL
        UNION ALL
        SELECT created_at, domain_digest, 'expired' FROM old_rows
        WHERE confirmed_at IS NULL AND expires_at <= statement_timestamp() AND state <> 'invalidated'
    ) ended WHERE created_at > statement_timestamp() - interval '31 days' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

-- Erased confirmation messages. Those of an erased pledge are deleted before it (messages.sql).
CREATE OR REPLACE FUNCTION funnel_messages_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_funnelchange (day, domain_digest, kind, n)
    SELECT (created_at AT TIME ZONE 'Europe/Tirane')::date, domain_digest, kind, count(*) FROM (
        SELECT pledge.created_at, pledge.domain_digest, unnest(
            CASE
                WHEN message.state IN ('bounced', 'delayed') THEN ARRAY['sent', 'bounced']
                WHEN message.state = 'spam' THEN ARRAY['sent', 'spam']
                ELSE ARRAY['sent']
            END
        ) AS kind
        FROM old_rows message JOIN pledges_pledge pledge ON pledge.id = message.about_id
        WHERE message.kind = 'confirm' AND message.sent_at IS NOT NULL
    ) ended WHERE created_at > statement_timestamp() - interval '31 days' GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER funnel_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funnel_pledges_deleted();
CREATE OR REPLACE TRIGGER funnel_deleted AFTER DELETE ON pledges_message
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funnel_messages_deleted();
