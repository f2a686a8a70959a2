-- The outbox of erasures: triggers that write down what a restore of an older backup must not bring back, in the transaction of
-- the change. pledges/outbox/ repeats the entries. They hold ids, digests and ciphertexts, never plain personal data.
-- The setting weare1.outbox = off, for one transaction, keeps them from writing: settling, replaying and recomputing digests use it.
-- Updates of pledges have a row trigger, because its condition is evaluated without calling the function: confirming, the most
-- frequent update, writes nothing. Deletions have statement triggers: one entry for all rows.

CREATE OR REPLACE FUNCTION outbox_is_on() RETURNS boolean LANGUAGE sql STABLE AS
    'SELECT current_setting(''weare1.outbox'', true) IS DISTINCT FROM ''off''';

-- The columns of a person, as replaying sets them.
CREATE OR REPLACE FUNCTION outbox_person(pledge pledges_pledge) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'name_cipher', pledge.name_cipher, 'address_cipher', pledge.address_cipher,
        'address_digest', pledge.address_digest, 'name_digest', pledge.name_digest,
        'domain_digest', pledge.domain_digest, 'slot', pledge.slot
    )
$$;

-- One JSON object with the id, and a key for each thing that ended. The conditions are those of the trigger.
CREATE OR REPLACE FUNCTION outbox_pledge_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended jsonb := jsonb_build_object('id', new.id);
BEGIN
    IF NOT outbox_is_on() THEN
        RETURN NULL;
    END IF;
    IF old.updates AND NOT new.updates THEN
        ended := ended || '{"updates": false}';
    END IF;
    IF old.show_name AND NOT new.show_name THEN
        ended := ended || '{"show_name": false}';
    END IF;
    IF old.wall <> new.wall AND new.wall <> 'shown' THEN
        ended := ended || jsonb_build_object('wall', new.wall, 'wall_at', new.wall_at);
    ELSIF old.wall = 'shown' AND old.state = 'confirmed' AND new.state <> 'confirmed' THEN
        -- Invalidated. Staff look at the name again.
        ended := ended || '{"wall": "waiting", "wall_at": null}';
    END IF;
    IF old.link_version <> new.link_version THEN
        ended := ended || jsonb_build_object('link_version', new.link_version);
    END IF;
    IF old.new_address_at IS NOT NULL AND old.new_address_at IS DISTINCT FROM new.new_address_at THEN
        ended := ended || jsonb_build_object('new_address_at', old.new_address_at);
    END IF;
    IF old.name_cipher IS NOT NULL AND new.name_cipher IS NULL THEN
        ended := ended || '{"person": null}';
    -- Another name or address. What recomputes the digests of the same person switches the outbox off.
    ELSIF (old.address_digest, old.name_digest) <> (new.address_digest, new.name_digest) THEN
        ended := ended || jsonb_build_object('person', outbox_person(new));
    END IF;
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('pledge_changed', jsonb_build_array(ended));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_pledge FOR EACH ROW WHEN (
    old.updates AND NOT new.updates
    OR old.show_name AND NOT new.show_name
    OR old.wall <> new.wall AND new.wall <> 'shown'
    OR old.wall = 'shown' AND old.state = 'confirmed' AND new.state <> 'confirmed'
    OR old.link_version <> new.link_version
    OR old.new_address_at IS NOT NULL AND old.new_address_at IS DISTINCT FROM new.new_address_at
    OR old.name_cipher IS NOT NULL AND new.name_cipher IS NULL
    OR (old.address_digest, old.name_digest) <> (new.address_digest, new.name_digest)
) EXECUTE FUNCTION outbox_pledge_updated();

-- Statement triggers. The first argument is the kind of the entry, the second the expression of one of its rows: `r` is a row of
-- the transition table.
CREATE OR REPLACE FUNCTION outbox_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO pledges_outboxentry (kind, rows) SELECT %L, jsonb_agg(%s) FROM changed r HAVING count(*) > 0',
        tg_argv[0], tg_argv[1]
    );
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_pledge REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('pledge_erased', 'r.id');
-- Not those that were settled: `settle` of pledges/inbox/submissions.py switches the outbox off.
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_submission REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('submission_erased', 'r.id');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_referrallink REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('link_ended', 'r.pledge_id');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_chosencommitment REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on())
    EXECUTE FUNCTION outbox_write('commitment_ended', 'jsonb_build_array(r.pledge_id, r.commitment_id)');
CREATE OR REPLACE TRIGGER outbox_inserted AFTER INSERT ON pledges_blockedaddress REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('blocked', 'to_jsonb(r)');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_blockedaddress REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('unblocked', 'r.id');

-- Names of a sector are no longer shown.
CREATE OR REPLACE FUNCTION outbox_sector_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('sector_hidden', jsonb_build_array(new.slug));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_sector
    FOR EACH ROW WHEN (old.shows_names AND NOT new.shows_names AND new.draft_id IS NULL AND outbox_is_on()) EXECUTE FUNCTION outbox_sector_updated();

-- Staff: ended accounts, passwords, factors, recovery codes, roles and permissions. The address of an account is readable, so
-- the entry of a changed one says only that the account must wait for an administrator.
CREATE OR REPLACE FUNCTION outbox_account_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('account_changed', jsonb_build_array(
        jsonb_build_object('id', new.id)
        || CASE WHEN NOT new.is_active OR lower(old.email) <> lower(new.email) THEN '{"is_active": false}' ELSE '{}' END::jsonb
        || CASE WHEN NOT new.is_superuser THEN '{"is_superuser": false}' ELSE '{}' END::jsonb
        || CASE WHEN NOT new.is_staff THEN '{"is_staff": false}' ELSE '{}' END::jsonb
        || CASE WHEN old.password <> new.password THEN jsonb_build_object('password', new.password) ELSE '{}' END
    ));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON auth_user FOR EACH ROW WHEN (
    (
        old.is_active AND NOT new.is_active OR old.is_superuser AND NOT new.is_superuser OR old.is_staff AND NOT new.is_staff
        OR old.password <> new.password OR lower(old.email) <> lower(new.email)
    ) AND outbox_is_on()
) EXECUTE FUNCTION outbox_account_updated();
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON auth_user REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('account_erased', 'r.id');
CREATE OR REPLACE TRIGGER outbox_inserted AFTER INSERT ON auth_user_groups REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on())
    EXECUTE FUNCTION outbox_write('role_given', 'jsonb_build_array(r.user_id, r.group_id)');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON auth_user_groups REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on())
    EXECUTE FUNCTION outbox_write('role_ended', 'jsonb_build_array(r.user_id, r.group_id)');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON auth_user_user_permissions REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on())
    EXECUTE FUNCTION outbox_write('permission_ended', 'jsonb_build_array(r.user_id, r.permission_id)');
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON mfa_authenticator REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('factor_ended', 'r.id');

-- A recovery code works once. The column is encrypted.
CREATE OR REPLACE FUNCTION outbox_codes_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows)
    VALUES ('codes_changed', jsonb_build_array(jsonb_build_object('id', new.id, 'data', new.data)));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON mfa_authenticator FOR EACH ROW
    WHEN (new.type = 'recovery_codes' AND old.data::text <> new.data::text AND outbox_is_on())
    EXECUTE FUNCTION outbox_codes_updated();

ALTER SEQUENCE pledges_outbox_number OWNED BY pledges_outboxentry.number;
