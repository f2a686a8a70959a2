-- Refuses what a trigger is made for. The trigger says when; its argument is the message.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = tg_argv[0];
END $$;

-- The log of what staff did, for every user of the database.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is append-only');
