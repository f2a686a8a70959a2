"""Digests of the text of an enquiry, by which the same message again is not stored; the help text of alarm words."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0040_table_of_a_round"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="submission",
            name="submission_digest_lengths",
        ),
        migrations.RemoveConstraint(
            model_name="submission",
            name="submission_of_an_enquiry",
        ),
        migrations.AddField(
            model_name="enquiry",
            name="text_digest",
            field=models.BinaryField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="text_digest_last",
            field=models.BinaryField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="text_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="text_digest_last",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text_digest", None), ("text_digest_last", None)),
                    models.Q(
                        ("text_digest__isnull", False),
                        ("text_digest_last__isnull", False),
                        ("text_digest__length", 32),
                        ("text_digest_last__length", 32),
                    ),
                    _connector="OR",
                ),
                name="enquiry_text_digests",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "enquiry"), ("text_cipher__isnull", False)),
                    models.Q(
                        models.Q(("kind", "enquiry"), _negated=True),
                        ("text_cipher", None),
                        ("text_digest", None),
                        ("text_digest_last", None),
                    ),
                    _connector="OR",
                ),
                name="submission_of_an_enquiry",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("address_digest__length", 32),
                    ("address_digest_last__length", 32),
                    ("domain_digest__length", 32),
                    ("mailbox_digest__length", 32),
                    ("mailbox_digest_last__length", 32),
                    ("name_digest__length", 32),
                    ("name_digest_last__length", 32),
                    ("text_digest__length", 32),
                    ("text_digest_last__length", 32),
                ),
                name="submission_digest_lengths",
            ),
        ),
        migrations.AlterField(
            model_name="alarmword",
            name="words",
            field=models.CharField(
                help_text="A word or phrase, in Albanian or in English. Accents and capitals do not matter. An asterisk (*) matches any ending; on its own it matches one word or none: “hurt* * me” finds “hurts me” and “hurts even me”.",
                max_length=80,
                unique=True,
                verbose_name="words",
            ),
        ),
        migrations.RunSQL((SQL / "enquiries.sql").read_text(), migrations.RunSQL.noop),
    ]
