-- Refuses what a trigger is made for. The trigger says when; its arguments are the message and, if it depends on more than WHEN can
-- say, a query: the change is refused if that finds a row. $1 is the row before the change, $2 the row after it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_refused boolean := true;
BEGIN
    IF tg_nargs = 2 THEN
        EXECUTE format('SELECT EXISTS (%s)', tg_argv[1]) INTO is_refused USING old, new;
    END IF;
    IF is_refused THEN
        RAISE integrity_constraint_violation USING MESSAGE = tg_argv[0];
    END IF;
    RETURN coalesce(new, old);
END $$;

-- The log of what staff did, for every user of the database.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is append-only');
