-- The limits of a mailer: messages per minute and per 24 hours.

-- How many messages a mailer may send now, at most `wanted`, and how many of these may be bulk, which leaves `reserve` of the quota
-- to the others. The row of the mailer stays locked until the end of the transaction, which counts what it sends with `use_mailer`:
-- so the limits are exact for any number of workers.
-- The rate is spread evenly: a message occupies 61 seconds divided by `per_minute`, and one second of them may go at once. So no
-- 60 seconds have more than `per_minute`.
CREATE OR REPLACE FUNCTION mailer_room(
    asked text, wanted integer, per_minute integer, per_day integer, reserve integer, OUT room integer, OUT bulk_room integer
) LANGUAGE plpgsql AS $$
DECLARE
    present timestamptz;
    paced timestamptz;
    each interval;
BEGIN
    INSERT INTO pledges_mailer (name) VALUES (asked) ON CONFLICT DO NOTHING;
    SELECT paced_until INTO paced FROM pledges_mailer WHERE name = asked FOR UPDATE;
    -- After the lock, for which it may have waited.
    present := clock_timestamp();
    room := wanted;
    IF per_minute IS NOT NULL THEN
        each := interval '61 seconds' / per_minute;
        room := least(room, floor(
            extract(epoch FROM greatest(each, interval '1 second') - greatest(paced - present, interval '0'))
            / extract(epoch FROM each)
        )::integer);
    END IF;
    bulk_room := room;
    IF per_day IS NOT NULL THEN
        -- A minute counts until its last second is 24 hours ago.
        SELECT least(room, per_day - used), least(bulk_room, per_day - reserve - used) INTO room, bulk_room FROM (
            SELECT coalesce(sum(n), 0)::integer AS used FROM pledges_mailerminute
            WHERE mailer = asked AND minute > present - interval '1 day' - interval '1 minute'
        ) minutes;
    END IF;
    room := greatest(room, 0);
    bulk_room := greatest(least(bulk_room, room), 0);
END $$;

-- Counts messages that are sent now; returns the minute in which they count. `mailer_room` has locked the row of the mailer.
CREATE OR REPLACE FUNCTION use_mailer(asked text, used integer, per_minute integer) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    present CONSTANT timestamptz := clock_timestamp();
    counted timestamptz;
BEGIN
    IF per_minute IS NOT NULL THEN
        UPDATE pledges_mailer
        SET paced_until = greatest(paced_until, present) + used * (interval '61 seconds' / per_minute) WHERE name = asked;
    END IF;
    INSERT INTO pledges_mailerminute AS target (mailer, minute, n) VALUES (asked, date_trunc('minute', present), used)
    ON CONFLICT (mailer, minute) DO UPDATE SET n = target.n + excluded.n
    RETURNING minute INTO counted;
    RETURN counted;
END $$;
