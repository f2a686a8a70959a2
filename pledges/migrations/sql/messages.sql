-- A row that is deleted, by any path, leaves no message about it.
CREATE OR REPLACE FUNCTION delete_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM pledges_message WHERE about_id = old.id;
    RETURN old;
END $$;
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_pledge FOR EACH ROW EXECUTE FUNCTION delete_messages();
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_grouppledge FOR EACH ROW EXECUTE FUNCTION delete_messages();
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_joining FOR EACH ROW EXECUTE FUNCTION delete_messages();
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_answer FOR EACH ROW EXECUTE FUNCTION delete_messages();
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_datarequest FOR EACH ROW EXECUTE FUNCTION delete_messages();
CREATE OR REPLACE TRIGGER delete_messages BEFORE DELETE ON pledges_voiceowner FOR EACH ROW EXECUTE FUNCTION delete_messages();
