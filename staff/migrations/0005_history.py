"""The history (staff/models/history.py) and its indexes, those of Django's log too, without a lock that staff would wait for.

Django's table belongs to an app whose migrations are not ours to extend: its indexes are SQL, and no model lists them.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = {
    "staff_history_newest": "(action_time DESC, id DESC)",
    "staff_history_by_user": "(user_id, action_time DESC, id DESC)",
    "staff_history_titles": "USING gin (to_tsvector('simple', coalesce(object_repr, '')))",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("staff", "0004_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryEntry",
            fields=[],
            options={
                "verbose_name": "line of the history",
                "verbose_name_plural": "history",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("staff.auditentry",),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("action__in", ["change", "erase", "export"])),
                fields=["-at", "-id"],
                name="auditentry_changes",
            ),
        ),
        *(
            migrations.RunSQL(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON django_admin_log {columns}",
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            )
            for name, columns in INDEXES.items()
        ),
    ]
