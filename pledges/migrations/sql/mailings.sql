-- News by email, and what supporters follow.

-- A pledge that is erased, by any path, follows nothing.
ALTER TABLE pledges_follow ADD CONSTRAINT follow_pledge_exists FOREIGN KEY (pledge_id) REFERENCES pledges_pledge (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

-- What was released stays as the second person read it, and so does who may not release it.
CREATE TRIGGER stays_as_released BEFORE UPDATE OR DELETE ON pledges_mailing FOR EACH ROW WHEN (old.released_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change('a released mailing can be neither changed nor deleted', $$
        SELECT FROM CAST('{state,ended_at,reached,is_archived,written_by_id,released_by_id,changed_at}' AS text[]) AS progress
        WHERE to_jsonb($1) - progress IS DISTINCT FROM to_jsonb($2) - progress
    $$);

-- Messages of mailings that are erased, with their pledge or after thirty days: the figures keep them.
CREATE OR REPLACE FUNCTION mailing_messages_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_mailingcount (mailing_id, kind, n)
    SELECT mailing_id, result, count(*)
    FROM old_rows, unnest(ARRAY[
        CASE WHEN sent_at IS NOT NULL THEN 'sent' END,
        CASE WHEN state = 'spam' THEN 'spam' WHEN state NOT IN ('queued', 'sent') THEN 'returned' END
    ]) result WHERE mailing_id IS NOT NULL AND result IS NOT NULL GROUP BY mailing_id, result;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mailing_messages_deleted AFTER DELETE ON pledges_message
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mailing_messages_deleted();
