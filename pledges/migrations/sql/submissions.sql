-- The inbox: the function with which a request stores a form. pledges/inbox/submissions.py settles it.

-- Stores a form, and returns whether it did; NULL while keys are being changed. A form gets in by a solved challenge that no other
-- form has used, by a place below the limit of each of its networks, or, if `lanes` is given, by a place in the slow lane of each
-- of them. `lanes` are the places per `longest`: the lane of a network settles one form after the other, evenly spread over that
-- time, and takes none that would wait longer. `moment` is when the form is settled, if it is in the slow lane, or when the lane
-- has a place again, if it is full.
-- `networks` are digests in ascending order, so that concurrent calls do not deadlock; each has a limit of its own, in the last
-- `period`. Storing a form again, after a lost connection, does nothing.
--
-- It is a function because the count is exact only if it begins when the locks are held, and because PostgreSQL plans it once:
-- one statement of the request with all of it takes more than twice as long. The plan is made while the tables are nearly empty:
-- with sequential scans each form would read all that came before it in a rush.
CREATE OR REPLACE FUNCTION submit(
    form_id uuid, form_kind text, sealed bytea, network_of_form bytea, networks bytea[], limits integer[], period interval,
    solved bytea, solved_until timestamptz, lanes integer[], longest interval,
    OUT is_stored boolean, OUT moment timestamptz
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    present timestamptz := statement_timestamp();
    is_solved boolean := false;
    is_limited boolean := false;
    network bytea;
    last_turn timestamptz;
    turns timestamptz[];
BEGIN
    -- While keys are being changed.
    IF EXISTS (SELECT FROM pledges_rotation) THEN
        RETURN;
    END IF;
    is_stored := true;
    IF solved IS NOT NULL THEN
        -- A second form with this challenge waits here for the first one's commit.
        INSERT INTO pledges_usedchallenge (digest, expires_at, used_by) VALUES (solved, solved_until, form_id)
        ON CONFLICT DO NOTHING;
        is_solved := EXISTS (SELECT FROM pledges_usedchallenge WHERE digest = solved AND used_by = form_id);
    END IF;
    IF NOT is_solved THEN
        FOREACH network IN ARRAY networks LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended(encode(network, 'hex'), 0));
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM pledges_submission WHERE id = form_id) THEN
        RETURN;
    END IF;
    IF NOT is_solved THEN
        FOR place IN 1..cardinality(networks) LOOP
            is_limited := is_limited OR limits[place] <= (
                SELECT count(*) FROM pledges_attempt
                WHERE network_digest = networks[place] AND created_at > present - period
            );
        END LOOP;
        IF is_limited AND lanes IS NULL THEN
            is_stored := false;
            RETURN;
        ELSIF is_limited THEN
            FOR place IN 1..cardinality(networks) LOOP
                -- A much later turn was given before the clock was set back. One that is hardly later was given to a statement that
                -- began after this one and got the lock before it.
                SELECT last_at INTO last_turn FROM pledges_slowlane
                WHERE network_digest = networks[place] AND last_at BETWEEN present AND present + longest + interval '1 minute';
                -- Whole microseconds, rounded down, so that all places fit in.
                turns[place] := coalesce(last_turn, present)
                    + interval '1 microsecond' * trunc(extract(epoch FROM longest) * 1000000 / lanes[place])::bigint;
            END LOOP;
            moment := (SELECT max(turn) FROM unnest(turns) turn);
            IF moment > present + longest THEN
                is_stored := false;
                moment := moment - longest;
                RETURN;
            END IF;
            INSERT INTO pledges_slowlane (network_digest, last_at) SELECT * FROM unnest(networks, turns)
            ON CONFLICT (network_digest) DO UPDATE SET last_at = excluded.last_at;
        ELSE
            INSERT INTO pledges_attempt (network_digest) SELECT unnest(networks);
        END IF;
    END IF;
    INSERT INTO pledges_submission (id, kind, payload_cipher, network_digest, created_at, settle_at)
    VALUES (form_id, form_kind, sealed, network_of_form, present, moment) ON CONFLICT DO NOTHING;
END $$;

ALTER SEQUENCE pledges_submission_number OWNED BY pledges_submission.number;
-- Submissions live for about half a second. The table is nearly always empty, so autovacuum starts after a fixed number of
-- dead rows.
ALTER TABLE pledges_submission SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
