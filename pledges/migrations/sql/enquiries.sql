-- The outbox (outbox.sql): what was erased, and what staff decided, so that a restore of an older backup does not undo it.
CREATE OR REPLACE FUNCTION outbox_enquiry_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pledges_outboxentry (kind, rows) VALUES ('enquiry_changed', jsonb_build_array(jsonb_build_object(
        'id', new.id, 'state', new.state, 'assignee_id', new.assignee_id, 'assigned_at', new.assigned_at,
        'answered_at', new.answered_at, 'closed_at', new.closed_at, 'disclosure_at', new.disclosure_at,
        'alerted_at', new.alerted_at, 'passed_at', new.passed_at
    )));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER outbox_updated AFTER UPDATE ON pledges_enquiry FOR EACH ROW WHEN (
    (
        (old.state, old.assignee_id) IS DISTINCT FROM (new.state, new.assignee_id)
        OR (old.disclosure_at, old.alerted_at, old.passed_at)
            IS DISTINCT FROM (new.disclosure_at, new.alerted_at, new.passed_at)
    ) AND outbox_is_on()
) EXECUTE FUNCTION outbox_enquiry_updated();
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_enquiry REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('enquiry_erased', 'r.id');
