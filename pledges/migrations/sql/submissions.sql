-- Submissions: the function that a request calls to store a form, and those with which the worker settles stored forms. A
-- kind of submission is settled by the function settle_KIND(submission pledges_submission), which queues the message that
-- follows. It locks existing pledges with NOWAIT: what another transaction corrects or withdraws is left to the next batch.
-- Waiting could deadlock, because withdrawing waits for submissions, which the batch has locked.

-- The key of the advisory lock that lets one process settle at a time. It is an arbitrary number.
CREATE OR REPLACE FUNCTION settling_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7243016512395::bigint';

-- PENDING_LIFE of pledges/supporters/querysets.py.
CREATE OR REPLACE FUNCTION pending_life() RETURNS interval LANGUAGE sql IMMUTABLE AS 'SELECT interval ''14 days''';

-- SLOW_LANE_LENGTH of pledges/limits/models.py.
CREATE OR REPLACE FUNCTION slow_lane_length() RETURNS interval LANGUAGE sql IMMUTABLE AS 'SELECT interval ''1 hour''';

-- Stores a form, and returns whether it did. A form gets in by a solved challenge that no other form has used, by a place below
-- the limit of each of its networks, or, if `lanes` is given, by a place in the slow lane of each of them. `lanes` are the places
-- per hour: the lane of a network settles one form after the other, evenly spread over the hour, and takes none that would wait
-- longer. `moment` is when the form is settled, if it is in the slow lane, or when the lane has a place again, if it is full.
-- `form` holds columns of pledges_submission. `networks` are digests in ascending order, so that concurrent calls do not deadlock;
-- each has a limit of its own, in the last `period`. The locks make the count exact. Storing a form again, after a lost connection,
-- does nothing.
CREATE OR REPLACE FUNCTION submit(
    form json, networks bytea[], limits integer[], period interval,
    solved bytea, solved_until timestamptz, lanes integer[],
    OUT is_stored boolean, OUT moment timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    submission pledges_submission := json_populate_record(NULL::pledges_submission, form);
    present timestamptz := statement_timestamp();
    is_solved boolean := false;
    is_limited boolean := false;
    network bytea;
    last_turn timestamptz;
    turns timestamptz[];
BEGIN
    is_stored := true;
    IF solved IS NOT NULL THEN
        -- A second form with this challenge waits here for the first one's commit.
        INSERT INTO pledges_usedchallenge (digest, expires_at, used_by) VALUES (solved, solved_until, submission.id)
        ON CONFLICT DO NOTHING;
        is_solved := EXISTS (SELECT FROM pledges_usedchallenge WHERE digest = solved AND used_by = submission.id);
    END IF;
    IF NOT is_solved THEN
        FOREACH network IN ARRAY networks LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended(encode(network, 'hex'), 0));
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM pledges_submission WHERE id = submission.id) THEN
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
                -- A turn later than an hour from now was given before the clock was set back.
                SELECT last_at INTO last_turn FROM pledges_slowlane
                WHERE network_digest = networks[place] AND last_at BETWEEN present AND present + slow_lane_length();
                -- Whole microseconds, rounded down, so that all places fit into the hour.
                turns[place] := coalesce(last_turn, present) + interval '1 microsecond' * (3600000000 / lanes[place]);
            END LOOP;
            moment := (SELECT max(turn) FROM unnest(turns) turn);
            IF moment > present + slow_lane_length() THEN
                is_stored := false;
                moment := moment - slow_lane_length();
                RETURN;
            END IF;
            INSERT INTO pledges_slowlane (network_digest, last_at) SELECT * FROM unnest(networks, turns)
            ON CONFLICT (network_digest) DO UPDATE SET last_at = excluded.last_at;
            submission.settle_at := moment;
        ELSE
            INSERT INTO pledges_attempt (network_digest) SELECT unnest(networks);
        END IF;
    END IF;
    submission.number := nextval('pledges_submission_number');
    submission.created_at := present;
    INSERT INTO pledges_submission SELECT submission.* ON CONFLICT DO NOTHING;
END $$;

-- Claims one more message to a supporter; returns whether it may be queued. The limits are one a minute, and five in all for a
-- pending pledge. One statement checks and counts, so two concurrent callers cannot both get the last message. A pending pledge
-- then expires 14 days from now, as the message says. The limit per mailbox is applied when messages are sent: see pledges/mail/grants.py.
CREATE OR REPLACE FUNCTION claim_message(pledge uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pledges_pledge SET
        repeats = CASE WHEN state = 'pending' THEN repeats + 1 ELSE repeats END,
        written_at = statement_timestamp(),
        expires_at = CASE WHEN state = 'pending' THEN statement_timestamp() + pending_life() ELSE expires_at END
    WHERE id = pledge AND written_at <= statement_timestamp() - interval '1 minute' AND (repeats < 5 OR state <> 'pending');
    RETURN FOUND;
END $$;

-- How often a change of address was asked for within a day: forms that wait and, of settled ones, messages to the present address.
CREATE OR REPLACE FUNCTION count_new_addresses(pledge uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM (
        SELECT created_at FROM pledges_submission WHERE pledge_id = pledge AND kind = 'new_address'
        UNION ALL
        SELECT created_at FROM pledges_message WHERE about_id = pledge AND kind = 'moving'
    ) change WHERE created_at > statement_timestamp() - interval '1 day'
$$;

-- Claims a change of address; returns '' or why it is refused: 'day' after three within a day, 'minute' as above. One statement
-- checks and claims: of two concurrent callers the second one finds that the first one has just written.
CREATE OR REPLACE FUNCTION claim_new_address(pledge uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pledges_pledge SET written_at = statement_timestamp()
    WHERE id = pledge AND written_at <= statement_timestamp() - interval '1 minute' AND count_new_addresses(pledge) < 3;
    RETURN CASE WHEN FOUND THEN '' WHEN count_new_addresses(pledge) < 3 THEN 'minute' ELSE 'day' END;
END $$;

-- Queues a message of this kind to the supporter and returns its id. One that still waits is not joined by a second one: its
-- content is made when it is sent. The update locks it, so that no sender claims it before the caller's changes are committed.
CREATE OR REPLACE FUNCTION queue_message(message_kind text, pledge uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    message uuid;
BEGIN
    UPDATE pledges_message
    SET language = pledges_pledge.language
    FROM pledges_pledge
    WHERE pledges_pledge.id = pledge AND about_id = pledge AND kind = message_kind
        AND pledges_message.state = 'queued' AND leased_until IS NULL
    RETURNING pledges_message.id INTO message;
    IF NOT FOUND THEN
        INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error)
        SELECT gen_random_uuid(), message_kind, id, language, 'queued', 0, '' FROM pledges_pledge WHERE id = pledge
        RETURNING id INTO message;
    END IF;
    RETURN message;
END $$;

-- Whether the mailbox of a submission is blocked. Sending looks again.
CREATE OR REPLACE FUNCTION is_blocked(submission pledges_submission) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM pledges_blockedaddress
        WHERE mailbox_digest = submission.mailbox_digest
    );
END $$;

-- A sign-up: a new pending pledge, or a message to the pledge of the same person or, where two people are confirmed, to the first
-- of them. A pending pledge keeps nobody from signing: a third one replaces the oldest of its network, a sixth the oldest. All
-- pledges of the mailbox are locked, so that none is confirmed meanwhile. Where one arrives by a change of address meanwhile, the
-- next round finds it.
CREATE OR REPLACE FUNCTION settle_pledge(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
    is_full boolean;
    known record;
    replaced uuid;
BEGIN
    IF is_blocked(submission) THEN
        RETURN;
    END IF;
    FOR round IN 1..3 LOOP
        ids := ARRAY(
            SELECT id FROM pledges_pledge
            WHERE address_digest = submission.address_digest
            FOR NO KEY UPDATE NOWAIT
        );
        is_full := 2 <= (SELECT count(*) FROM pledges_pledge WHERE id = ANY (ids) AND confirmed_at IS NOT NULL);
        SELECT id, state, name_digest = submission.name_digest AS is_twin,
            address_cipher IS NULL AS is_erased
        INTO known
        FROM pledges_pledge
        WHERE id = ANY (ids) AND (
            name_digest = submission.name_digest
            OR is_full AND confirmed_at IS NOT NULL
        )
        ORDER BY name_digest = submission.name_digest DESC,
            address_cipher IS NULL, restricted_at IS NOT NULL, slot LIMIT 1;
        IF FOUND THEN
            IF NOT claim_message(known.id) THEN
                RETURN;
            END IF;
            IF known.is_twin AND known.is_erased THEN
                -- The pledge has no address any more. The ciphertext is bound to the id of the submission.
                INSERT INTO pledges_message (id, kind, about_id, language, address_cipher, state, attempts, error)
                VALUES (submission.id, 'already', known.id, submission.language, submission.address_cipher, 'queued', 0, '');
            ELSE
                PERFORM queue_message(
                    CASE
                        WHEN NOT known.is_twin OR known.state = 'pending' AND is_full THEN 'full'
                        WHEN known.state = 'pending' THEN 'confirm'
                        ELSE 'already'
                    END,
                    known.id
                );
            END IF;
            RETURN;
        END IF;
        SELECT id INTO replaced
        FROM (
            SELECT id, created_at, network_digest = submission.network_digest AS is_of_network, count(*) OVER () AS waiting
            FROM pledges_pledge
            WHERE id = ANY (ids) AND state = 'pending' AND restricted_at IS NULL
                -- What staff changed stays.
                AND NOT EXISTS (SELECT FROM pledges_batch WHERE pledges_pledge.id = ANY (pledges_batch.ids))
        ) pending
        WHERE waiting >= 2 AND is_of_network OR waiting >= 5
        ORDER BY is_of_network IS TRUE DESC, created_at LIMIT 1;
        IF FOUND THEN
            DELETE FROM pledges_pledge WHERE id = replaced;
        END IF;
        INSERT INTO pledges_pledge (
            id, slot, state, source, sector_id, county_id, language, show_name, updates, created_at, expires_at,
            name_cipher, address_cipher, address_digest, name_digest,
            domain_digest, network_digest, link_version, repeats,
            consent_id, consent_language, consented_at, wording_id, worded_language, worded_at, inviter_cipher
        ) VALUES (
            submission.id, 1 + EXISTS (SELECT FROM pledges_pledge WHERE id = ANY (ids) AND slot = 1)::int,
            'pending', 'web', submission.sector_id, submission.county_id, submission.language,
            submission.show_name, submission.updates, submission.created_at, submission.created_at + pending_life(),
            submission.name_cipher, submission.address_cipher, submission.address_digest,
            submission.name_digest,
            submission.domain_digest, submission.network_digest, 1, 0,
            submission.consent_id, submission.language, submission.created_at,
            submission.wording_id, submission.language, submission.created_at,
            submission.inviter_cipher
        ) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM queue_message('confirm', submission.id);
            RETURN;
        END IF;
    END LOOP;
    RAISE unique_violation USING MESSAGE = 'the conflicting pledge can be neither found nor replaced';
END $$;

-- "Send me my link": links to the pledges of the mailbox, or the confirmation if its only pledge is pending. The owner of an
-- invalidated pledge keeps the right to see, correct and withdraw it. Its group pledges and its
-- organisations get messages of their own: groups.sql, joinings.sql.
CREATE OR REPLACE FUNCTION settle_links(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    recipient record;
BEGIN
    IF is_blocked(submission) THEN
        RETURN;
    END IF;
    SELECT id, CASE WHEN state = 'pending' AND NOT EXISTS (
        SELECT FROM pledges_pledge other
        WHERE other.id <> pledge.id AND other.address_digest = submission.address_digest
    ) THEN 'confirm' ELSE 'links' END AS message
    INTO recipient
    FROM pledges_pledge pledge
    WHERE address_digest = submission.address_digest
    -- A restricted pledge, about which no message is created, must not keep the other person of the mailbox from getting one.
    ORDER BY address_cipher IS NULL, restricted_at IS NOT NULL, state = 'pending', slot LIMIT 1
    FOR NO KEY UPDATE NOWAIT;
    IF FOUND AND claim_message(recipient.id) THEN
        PERFORM queue_message(recipient.message, recipient.id);
    END IF;
    PERFORM queue_group_links(submission);
    PERFORM queue_joining_links(submission);
END $$;

-- A change of address: the pledge keeps its present address until the new one confirms. A blocked address gets no message, and
-- nothing on the supporter's page tells that it is blocked. The request has claimed the change. The present address gets a message
-- about each, which counts it.
CREATE OR REPLACE FUNCTION settle_new_address(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM pledges_pledge WHERE id = submission.pledge_id FOR NO KEY UPDATE NOWAIT;
    UPDATE pledges_pledge
    SET new_address_cipher = submission.address_cipher, new_address_at = submission.created_at
    WHERE id = submission.pledge_id;
    INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error)
    SELECT gen_random_uuid(), 'moving', id, language, 'queued', 0, '' FROM pledges_pledge WHERE id = submission.pledge_id;
    IF NOT is_blocked(submission) THEN
        PERFORM queue_message('new_address', submission.pledge_id);
    END IF;
END $$;

-- Settles up to `batch` waiting submissions that are due, in the order of their numbers, in one transaction. Returns how many; 0 also
-- while another process settles. A submission that fails is set aside with its SQLSTATE; an error that
-- says nothing about the submission, such as a deadlock, ends the batch, and the next one tries again.
CREATE OR REPLACE FUNCTION settle_submissions(batch integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    submission pledges_submission;
    done uuid[] := '{}';
BEGIN
    IF NOT pg_try_advisory_xact_lock(settling_lock()) THEN
        RETURN 0;
    END IF;
    -- Foreign keys are checked at once: a violation sets aside one submission instead of failing the batch.
    SET CONSTRAINTS ALL IMMEDIATE;
    FOR submission IN
        SELECT * FROM pledges_submission
        WHERE state = 'waiting' AND (
            settle_at IS NULL
            -- Later than the slow lane is long: the clock was set back.
            OR settle_at NOT BETWEEN statement_timestamp() AND statement_timestamp() + slow_lane_length()
        )
        ORDER BY number LIMIT batch FOR UPDATE SKIP LOCKED
    LOOP
        BEGIN
            EXECUTE format('SELECT %I($1)', 'settle_' || submission.kind) USING submission;
            done := done || submission.id;
        EXCEPTION
            WHEN lock_not_available THEN
                NULL;
            WHEN transaction_rollback OR insufficient_resources OR operator_intervention OR system_error THEN
                RAISE;
            WHEN OTHERS THEN
                UPDATE pledges_submission SET state = 'aside', aside_at = statement_timestamp(), error = SQLSTATE
                WHERE id = submission.id;
        END;
    END LOOP;
    -- What is settled is not erased: outbox.sql.
    PERFORM set_config('weare1.outbox', 'off', true);
    DELETE FROM pledges_submission WHERE id = ANY (done);
    PERFORM set_config('weare1.outbox', '', true);
    SET CONSTRAINTS ALL DEFERRED;
    RETURN cardinality(done);
END $$;

ALTER SEQUENCE pledges_submission_number OWNED BY pledges_submission.number;
-- Submissions live for about half a second. The table is nearly always empty, so autovacuum starts after a fixed number of
-- dead rows.
ALTER TABLE pledges_submission SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
