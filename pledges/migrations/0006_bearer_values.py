"""Referral codes as ciphertext and keyed digests in a table of their own; the inviter of a pledge as ciphertext; the wall's index."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from pledges.crypto import keys

SQL = Path(__file__).parent / "sql"


def encrypt_codes(apps, schema_editor):
    """Move codes and inviters to the new columns. An inviter without a code keeps nothing: no link shows its count."""
    Pledge, Submission, ReferralLink = (
        apps.get_model("pledges", name) for name in ("Pledge", "Submission", "ReferralLink")
    )

    # No key is registered yet.
    field_key, digest_keys = keys.decoded(settings.FIELD_KEYS)[0], keys.decoded(settings.DIGEST_KEYS)

    def inviter(pledge_id, code):
        return keys.encrypt(code, associated_data=keys.pledge_associated_data(pledge_id, "inviter"), key=field_key)

    for pledge in Pledge.objects.exclude(code=None).only("code").iterator():
        digests = keys.digests("referral code", pledge.code, by=digest_keys)
        ReferralLink.objects.create(
            pledge=pledge,
            code_cipher=keys.encrypt(pledge.code, associated_data=f"referrallink.code.{pledge.pk}", key=field_key),
            code_digest=digests[0],
            code_digest_last=digests[-1],
            confirmations=Pledge.objects.filter(came_through=pledge, state="confirmed").count(),
        )
        for invited in Pledge.objects.filter(came_through=pledge, confirmed_at=None).only("pk"):
            Pledge.objects.filter(pk=invited.pk).update(inviter_cipher=inviter(invited.pk, pledge.code))
    for submission in Submission.objects.exclude(through="").only("through"):
        Submission.objects.filter(pk=submission.pk).update(inviter_cipher=inviter(submission.pk, submission.through))


class Migration(migrations.Migration):
    dependencies = [("pledges", "0005_new_address_index")]

    operations = [
        migrations.CreateModel(
            name="ReferralLink",
            fields=[
                (
                    "pledge",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="referral_link",
                        serialize=False,
                        to="pledges.pledge",
                    ),
                ),
                ("code_cipher", models.BinaryField()),
                ("code_digest", models.BinaryField(max_length=32, unique=True)),
                ("code_digest_last", models.BinaryField(max_length=32, unique=True)),
                ("confirmations", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        name="referral_link_digest_lengths",
                        condition=Q(code_digest__length=32, code_digest_last__length=32),
                    ),
                ],
            },
        ),
        migrations.AddField("pledge", "inviter_cipher", models.BinaryField(null=True)),
        migrations.AddField("submission", "inviter_cipher", models.BinaryField(null=True)),
        migrations.RunPython(encrypt_codes, migrations.RunPython.noop),
        # Checks the new foreign keys: with a check pending the tables could not be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("pledge", "code"),
        migrations.RemoveField("pledge", "came_through"),
        migrations.RemoveField("submission", "through"),
        migrations.AddConstraint(
            "pledge",
            models.CheckConstraint(
                name="pledge_inviter_until_confirmed", condition=Q(inviter_cipher=None) | Q(confirmed_at=None)
            ),
        ),
        migrations.RemoveConstraint("submission", "submission_of_another_kind"),
        migrations.AddConstraint(
            "submission",
            models.CheckConstraint(
                name="submission_of_another_kind",
                condition=Q(kind="pledge")
                | Q(
                    name_cipher=None,
                    name_digest=None,
                    inviter_cipher=None,
                    sector=None,
                    county=None,
                    consent=None,
                    wording=None,
                ),
            ),
        ),
        migrations.RemoveIndex("pledge", "pledge_wall_shown"),
        migrations.AddIndex(
            "pledge",
            models.Index(
                fields=["id"],
                name="pledge_wall_shown",
                include=["sector"],
                condition=Q(state="confirmed", show_name=True, wall="shown"),
            ),
        ),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
    ]
