-- A published figure keeps its name and its offset, and its row stays: a second offset would be a second look at the same people.
CREATE OR REPLACE FUNCTION keep_offset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the offset of the published figure "%" is drawn once', old.name
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER keep_offset BEFORE UPDATE OF name, "offset" ON pledges_publishedfigure
    FOR EACH ROW WHEN (old.name <> new.name OR old."offset" <> new."offset") EXECUTE FUNCTION keep_offset();

CREATE OR REPLACE TRIGGER keep_figure BEFORE DELETE ON pledges_publishedfigure
    FOR EACH ROW EXECUTE FUNCTION keep_offset();
