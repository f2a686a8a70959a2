"""A database of another version: `migrate` refuses it in one sentence and leaves it as it is."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_a_database_of_other_migrations_is_refused_and_left_as_it_is():
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS 'of other files'")
        with pytest.raises(CommandError, match="made by another version of the code, .* needs an empty one.$"):
            call_command("migrate", verbosity=0)
        cursor.execute("SELECT obj_description('django_migrations'::regclass)")
        assert cursor.fetchone() == ("of other files",)
