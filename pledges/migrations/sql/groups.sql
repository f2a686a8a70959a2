-- Group pledges: the checks of their numbers, and settling. `counted` is a JSON object {sector id: people}. Paper sheets (paper.sql)
-- use the first function too.

-- The numbers name sectors by id, which no foreign key checks: a sector that they name cannot be deleted. The arguments: the
-- table and its two columns.
CREATE OR REPLACE FUNCTION refuse_counted_sector() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_counted boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE jsonb_exists(%I, $1) OR jsonb_exists(%I, $1))', VARIADIC TG_ARGV)
    INTO is_counted USING old.id::text;
    IF is_counted THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s counts people of this sector', TG_ARGV[0]);
    END IF;
    RETURN old;
END $$;

CREATE OR REPLACE TRIGGER refuse_sector_of_groups BEFORE DELETE ON pledges_sector
    FOR EACH ROW EXECUTE FUNCTION refuse_counted_sector('pledges_grouppledge', 'people', 'counted');

-- Every number is of a sector, and at least 1; an approved number is never above the stated one.
CREATE OR REPLACE FUNCTION check_group_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.people = '{}' OR EXISTS (
        SELECT FROM jsonb_each_text(new.people) AS each (sector, n) LEFT JOIN pledges_sector ON id = sector::bigint
        WHERE id IS NULL OR each.n::bigint < 1
    ) OR EXISTS (
        SELECT FROM jsonb_each_text(new.counted) AS each (sector, n)
        WHERE each.n::bigint < 1 OR each.n::bigint > coalesce((new.people ->> sector)::bigint, 0)
    ) THEN
        RAISE check_violation USING MESSAGE = 'the numbers of a group pledge are not right';
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER check_group_people BEFORE INSERT OR UPDATE OF people, counted ON pledges_grouppledge
    FOR EACH ROW EXECUTE FUNCTION check_group_people();

-- A group pledge, as `settle_pledge` in submissions.sql. The id of the submission becomes its id, to which the ciphertexts are
-- bound. An adult may enter several groups in a row: a message that still waits covers the new one too, because its page
-- confirms all groups of the mailbox, and the next one is sent a minute after the last.
CREATE OR REPLACE FUNCTION settle_group(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    others uuid[];
BEGIN
    IF is_blocked(submission) THEN
        RETURN;
    END IF;
    SELECT coalesce(array_agg(id), '{}') INTO others FROM pledges_grouppledge
    WHERE address_digest = submission.address_digest;
    INSERT INTO pledges_grouppledge (
        id, kind, institution, institution_key, municipality_id, county_id, held_on, school_year, grade, letter, people,
        language, state, created_at, expires_at, refusal, agreed, name_cipher, address_cipher, address_digest,
        event_id
    )
    SELECT submission.id, form.kind, form.institution, form.institution_key, place.id, place.county_id, form.held_on,
        form.school_year, form.grade, form.letter, form.people, submission.language, 'submitted', submission.created_at,
        submission.created_at + pending_life(), '', form.agreed, submission.name_cipher, submission.address_cipher,
        submission.address_digest,
        -- One that was deleted meanwhile is left out.
        (SELECT id FROM pledges_event WHERE id = form.event)
    FROM jsonb_to_record(submission.details) AS form (
        kind text, institution text, institution_key text, municipality bigint, held_on date, school_year smallint,
        grade smallint, letter text, people jsonb, agreed text, event bigint
    ) JOIN pledges_municipality place ON place.id = form.municipality
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'the municipality of the group pledge is gone';
    END IF;
    IF EXISTS (
        SELECT FROM pledges_message
        WHERE about_id = ANY (others) AND kind = 'group' AND state = 'queued' AND leased_until IS NULL
    ) THEN
        RETURN;
    END IF;
    INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error, due_at, queued_at)
    SELECT gen_random_uuid(), 'group', submission.id, submission.language, 'queued', 0, '', due, due
    FROM (
        SELECT greatest(statement_timestamp(), max(created_at) + interval '1 minute') AS due
        FROM pledges_message WHERE about_id = ANY (others) AND kind = 'group'
    ) last;
END $$;

-- "Send me my link" for group pledges: one message with the links of those that the mailbox has confirmed, and the confirmation
-- of those that wait for it. Each is sent once a minute at most. The rows are locked with NOWAIT: see submissions.sql.
CREATE OR REPLACE FUNCTION queue_group_links(submission pledges_submission) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own uuid[];
BEGIN
    SELECT array_agg(id) INTO own FROM (
        SELECT id FROM pledges_grouppledge
        WHERE address_digest = submission.address_digest
            AND (state <> 'submitted' OR expires_at > statement_timestamp())
            -- No message about a restricted one is created: the message is about another one.
            AND restricted_at IS NULL
        FOR KEY SHARE NOWAIT
    ) locked;
    INSERT INTO pledges_message (id, kind, about_id, language, state, attempts, error)
    SELECT gen_random_uuid(), wanted, id, language, 'queued', 0, ''
    FROM (
        SELECT DISTINCT ON (wanted) wanted, id, language
        FROM pledges_grouppledge, LATERAL (
            SELECT CASE WHEN state = 'submitted' THEN 'group' ELSE 'group_links' END AS wanted
        ) message WHERE id = ANY (own) ORDER BY wanted, created_at DESC
    ) latest
    WHERE NOT EXISTS (
        SELECT FROM pledges_message
        WHERE about_id = ANY (own) AND kind = wanted
            AND (state = 'queued' AND leased_until IS NULL OR created_at > statement_timestamp() - interval '1 minute')
    );
END $$;

-- The outbox (outbox.sql): what staff and the adult decided, so that a restore of an older backup does not undo it.
CREATE OR REPLACE FUNCTION outbox_group_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('group_changed', jsonb_build_array(jsonb_build_object(
        'id', new.id, 'state', new.state, 'people', new.people, 'counted', new.counted, 'confirmed_at', new.confirmed_at,
        'approved_at', new.approved_at, 'refused_at', new.refused_at, 'refusal', new.refusal,
        'withdrawn_at', new.withdrawn_at, 'is_erased', new.name_cipher IS NULL
    )));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_grouppledge FOR EACH ROW WHEN (
    (
        old.state <> new.state OR old.people <> new.people OR old.counted IS DISTINCT FROM new.counted
        OR old.name_cipher IS NOT NULL AND new.name_cipher IS NULL
    ) AND outbox_is_on()
) EXECUTE FUNCTION outbox_group_updated();
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_grouppledge REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('group_erased', 'r.id');
