"""Fixtures for tests of pledges."""

import pytest

from tests.smtp import MailServer


@pytest.fixture
def mail_server(settings):
    """A running SMTP server that the site sends all mail to."""
    with MailServer() as server:
        settings.MAILERS = server.mailers()
        yield server
