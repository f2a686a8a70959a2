-- A published figure keeps its name and its offset, and its row stays: a second offset would be a second look at the same people.
CREATE TRIGGER stays BEFORE DELETE OR UPDATE OF name, "offset" ON pledges_publishedfigure
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the offset of a published figure is drawn once');
