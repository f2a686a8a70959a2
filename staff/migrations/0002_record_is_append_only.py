"""The record can be added to and read, and nothing else: the database refuses the rest, whoever asks."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION staff_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of what staff did cannot be changed or deleted';
END $$;

CREATE TRIGGER record_stays BEFORE UPDATE OR DELETE ON staff_record
    FOR EACH STATEMENT EXECUTE FUNCTION staff_record_stays();
CREATE TRIGGER record_is_not_emptied BEFORE TRUNCATE ON staff_record
    FOR EACH STATEMENT EXECUTE FUNCTION staff_record_stays();
"""

UNDO = """
DROP TRIGGER record_is_not_emptied ON staff_record;
DROP TRIGGER record_stays ON staff_record;
DROP FUNCTION staff_record_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_record")]

    operations = [migrations.RunSQL(APPEND_ONLY, UNDO)]
