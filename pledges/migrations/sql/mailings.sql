-- News by email, and what supporters follow.

-- A pledge that is erased, or whose address is, follows nothing, by any path.
ALTER TABLE pledges_follow ADD CONSTRAINT follow_pledge_exists FOREIGN KEY (pledge_id) REFERENCES pledges_pledge (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION follows_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM pledges_follow WHERE pledge_id = new.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER follows_end AFTER UPDATE OF address_cipher ON pledges_pledge FOR EACH ROW
    WHEN (old.address_cipher IS NOT NULL AND new.address_cipher IS NULL) EXECUTE FUNCTION follows_end();

-- What was released stays as the second person read it, and so does who may not release it.
CREATE TRIGGER stays_as_released BEFORE UPDATE ON pledges_mailing FOR EACH ROW WHEN (
    old.released_at IS NOT NULL
    AND to_jsonb(old) - '{state,ended_at,reached,is_archived,written_by_id,released_by_id,changed_at}'::text[]
        <> to_jsonb(new) - '{state,ended_at,reached,is_archived,written_by_id,released_by_id,changed_at}'::text[]
) EXECUTE FUNCTION refuse_change('the words and recipients of a released mailing cannot be changed');
CREATE TRIGGER released_stays BEFORE DELETE ON pledges_mailing FOR EACH ROW
    WHEN (old.released_at IS NOT NULL) EXECUTE FUNCTION refuse_change('a released mailing cannot be deleted');

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
