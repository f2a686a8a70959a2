-- Mailboxes from which a message came back, for restores (see outbox.sql): digests and a time.
CREATE OR REPLACE TRIGGER outbox_inserted AFTER INSERT ON pledges_returnedmailbox REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('mailbox_returned', 'to_jsonb(r)');
-- The note ends: too old, noted anew, or erased at a request. By its digests, because noting it anew gives it another id.
CREATE OR REPLACE TRIGGER outbox_deleted AFTER DELETE ON pledges_returnedmailbox REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT WHEN (outbox_is_on()) EXECUTE FUNCTION outbox_write('mailbox_forgotten', 'to_jsonb(r)');
