-- The weeks of pledges: triggers on pledges_pledge that append to pledges_weekchange what the rows do not tell afterwards.
-- Signing and confirming write nothing here: their rows have a time, and publishing counts them (pledges/counting/weeks.py).
-- Each pledge leaves once. One that staff removed is not counted again when it expires or is withdrawn.

-- The Monday on which the week of a time begins, in Tirana.
CREATE OR REPLACE FUNCTION week_of(moment timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT date_trunc('week', moment AT TIME ZONE 'Europe/Tirane')::date
$$;

-- Erased pledges: their signing and confirmation, which can no longer be counted, and their end.
CREATE OR REPLACE FUNCTION weeks_pledges_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_weekchange (week, kind, n)
    SELECT week, kind, count(*) FROM (
        SELECT week_of(created_at) AS week, 'signed' AS kind FROM old_rows
        UNION ALL
        SELECT week_of(confirmed_at), 'confirmed' FROM old_rows WHERE confirmed_at IS NOT NULL
        UNION ALL
        SELECT week_of(statement_timestamp()),
               CASE WHEN confirmed_at IS NULL AND expires_at <= statement_timestamp() THEN 'expired' ELSE 'withdrawn' END
        FROM old_rows WHERE state <> 'invalidated'
    ) change GROUP BY week, kind;
    RETURN NULL;
END $$;

-- Pledges that staff remove or restore. A row trigger, because its condition is evaluated without calling the function:
-- confirming, the most frequent update, writes nothing.
CREATE OR REPLACE FUNCTION weeks_pledge_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_weekchange (week, kind, n)
    VALUES (week_of(statement_timestamp()), CASE WHEN NEW.state = 'invalidated' THEN 'removed' ELSE 'restored' END, 1);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER weeks_deleted AFTER DELETE ON pledges_pledge
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION weeks_pledges_deleted();
CREATE OR REPLACE TRIGGER weeks_updated AFTER UPDATE OF state ON pledges_pledge
    FOR EACH ROW WHEN ((OLD.state = 'invalidated') <> (NEW.state = 'invalidated')) EXECUTE FUNCTION weeks_pledge_updated();
