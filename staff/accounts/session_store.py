"""Session store: Django's database sessions, with the session key stored as a keyed digest.

The cookie holds the key. A copy of the database holds only digests, which open no session.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import salted_hmac


def digest(session_key):
    """Digest of a session key under SECRET_KEY: 160 bits as 40 hexadecimal digits, the width of Django's column."""
    return salted_hmac("staff.session_store", session_key, algorithm="sha256").hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Sessions in PostgreSQL, found by the digest of their key."""

    def _get_session_from_db(self):
        session = Session.objects.filter(pk=digest(self.session_key), expire_date__gt=timezone.now()).first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key):
        return super().exists(digest(session_key))

    def create_model_instance(self, data):
        """The row of this session with the given data, not yet saved."""
        row = super().create_model_instance(data)
        row.session_key = digest(row.session_key)
        return row

    def delete(self, session_key=None):
        key = session_key or self.session_key
        if key:
            super().delete(digest(key))

    def extend(self):
        """Move the expiry of a session that has not expired to SESSION_COOKIE_AGE seconds from now; the data stay untouched."""
        now = timezone.now()
        row = Session.objects.filter(pk=digest(self.session_key), expire_date__gt=now)
        row.update(expire_date=now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
