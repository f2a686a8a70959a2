"""The outbox of erasures with its triggers, and the record of good backups."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
# With their triggers.
UNDO = """
DROP FUNCTION outbox_write, outbox_pledge_updated, outbox_sector_updated, outbox_account_updated, outbox_codes_updated CASCADE;
DROP FUNCTION outbox_person, outbox_is_on
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0009_one_person"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE pledges_outbox_number", "DROP SEQUENCE IF EXISTS pledges_outbox_number"),
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("moment", models.DateTimeField(editable=False)),
                ("finished_at", models.DateTimeField(editable=False)),
                ("seconds", models.PositiveIntegerField(editable=False)),
                ("bytes", models.PositiveBigIntegerField(editable=False)),
                ("copied_at", models.DateTimeField(editable=False)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OutboxEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=models.Func(function="gen_random_uuid", output_field=models.UUIDField()),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("pledges_outbox_number"),
                            function="nextval",
                            output_field=models.BigIntegerField(),
                        ),
                        editable=False,
                    ),
                ),
                ("at", models.DateTimeField(db_default=models.Func(function="clock_timestamp"), editable=False)),
                ("kind", models.CharField(editable=False, max_length=20)),
                ("rows", models.JSONField(editable=False)),
                ("copied_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("copied_at", None)), fields=["number"], name="outbox_not_copied")
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER SEQUENCE pledges_outbox_number OWNED BY pledges_outboxentry.number", migrations.RunSQL.noop
        ),
        # Settling switches the outbox off.
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "outbox.sql").read_text(), UNDO),
    ]
