"""Fills the measuring database with messages and with entries of both logs of staff, as many as there are pledges."""

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from campaign.models import Article

MESSAGES_SQL = """
INSERT INTO pledges_message
    (id, kind, pledge_id, language, state, created_at, queued_at, due_at, attempts, tried_at, sent_at, error)
SELECT gen_random_uuid(), CASE WHEN random() < 0.5 THEN 'confirm' ELSE 'counted' END, id, language, 'sent',
    created_at, created_at, created_at, 1, created_at, created_at, ''
FROM pledges_pledge
"""
# One entry names one pledge. An hour has about 40.
AUDIT_SQL = """
INSERT INTO staff_auditentry (at, user_id, action, subject_ids, count, details)
SELECT created_at, %(user)s, CASE WHEN random() < 0.6 THEN 'look' ELSE 'change' END, ARRAY[id], 1,
    CASE WHEN random() < 0.5 THEN '{"page": "pledge"}' ELSE '{"page": "list"}' END::jsonb
FROM pledges_pledge
"""
LOG_SQL = """
INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag, change_message)
SELECT created_at, %(user)s, %(article)s, (1 + floor(random() * 300))::int::text,
    (%(words)s::text[])[1 + floor(random() * 8)::int] || ' ' || (%(words)s::text[])[1 + floor(random() * 8)::int], 2,
    '[{"changed": {"columns": ["title_sq", "title_en"]}}]'
FROM pledges_pledge
"""
WORDS = "Lajme Takim Fushatë Shkolla Prindër Dita Qarku Barnahus".split()
# The audit log refuses TRUNCATE, except while triggers are off.
CLEAN_SQL = """
SET LOCAL session_replication_role = replica;
TRUNCATE pledges_message, staff_auditentry, django_admin_log CASCADE
"""


def fill(user):
    """Insert a message, an entry of the audit log and one of Django's log, by this account, for each pledge."""
    clean()
    values = {"user": user.pk, "article": ContentType.objects.get_for_model(Article).pk, "words": WORDS}
    with connection.cursor() as cursor:
        for sql in (MESSAGES_SQL, AUDIT_SQL, LOG_SQL):
            cursor.execute(sql, values)
        cursor.execute("VACUUM (FREEZE, ANALYZE)")


@transaction.atomic
def clean():
    """Remove all messages and all entries of both logs."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAN_SQL)
