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
