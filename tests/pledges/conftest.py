"""Fixtures for tests of pledges."""

import pytest

from tests.smtp import MailServer


@pytest.fixture(autouse=True)
def no_response_delay():
    """Respond immediately instead of at the end of a time step; views/test_limits.py tests these steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pledges.http.RESPONSE_TIME_STEP_SECONDS", 1e-6)
        yield


@pytest.fixture
def mail_server(settings):
    """A running SMTP server that the site sends all mail to."""
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server
