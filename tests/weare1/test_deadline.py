"""weare1.wsgi: a request does not wait for a database that hangs."""

import pytest
from django.db import OperationalError, connection

from weare1.wsgi import Deadline

STATEMENT = "SELECT pg_sleep(%s)"


def application(environ, start_response):
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [environ["seconds"]])
    return [b"done"]


@pytest.fixture
def no_statement_left(transactional_db):
    """End the statement of the test, of whose client the server knows nothing yet."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'SELECT pg_sleep(%' AND datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_request_ends_whose_database_does_not_answer_and_the_next_one_has_a_new_connection(no_statement_left):
    limited = Deadline(application, seconds=0.5)
    # The statement itself would end without an error.
    with pytest.raises(OperationalError):
        limited({"seconds": 60}, None)
    connection.close()
    # Connecting may take longer on a busy machine.
    limited.seconds = 60
    assert limited({"seconds": 0}, None) == [b"done"]
