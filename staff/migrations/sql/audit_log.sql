-- The log of what staff did is append-only: triggers refuse UPDATE, DELETE and TRUNCATE for every user of the database.

CREATE OR REPLACE FUNCTION staff_audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE ON staff_entry
    FOR EACH STATEMENT EXECUTE FUNCTION staff_audit_log_is_append_only();
CREATE TRIGGER audit_log_is_not_truncated BEFORE TRUNCATE ON staff_entry
    FOR EACH STATEMENT EXECUTE FUNCTION staff_audit_log_is_append_only();
