"""The limit of messages per mailbox, blocked mailboxes, and messages without unconfirmed names."""

from pathlib import Path

from django.conf import settings
from django.db import migrations, models

from pledges import addresses
from pledges.crypto import keys

SQL = Path(__file__).parent / "sql"

# Submissions wait for half a second. Sending looks once more whether their mailbox is blocked.
TAKE_ADDRESS_DIGESTS = """
UPDATE pledges_submission SET mailbox_digest = address_digest, mailbox_digest_last = address_digest_last
"""
# Texts that staff have edited keep their other words.
TAKE_NAMES_OUT = r"""
UPDATE pledges_messagetext SET
    text_sq = regexp_replace(text_sq, ',? ?\{name\}', '', 'g'),
    text_en = regexp_replace(text_en, ',? ?\{name\}', '', 'g'),
    after_sq = regexp_replace(after_sq, ',? ?\{name\}', '', 'g'),
    after_en = regexp_replace(after_en, ',? ?\{name\}', '', 'g')
WHERE kind IN ('confirm', 'reminder', 'new_address');
UPDATE pledges_messagetext SET
    second_button_sq = replace(replace(second_button_sq, 'me emrin {name}', 'e nënshkruar më {signed}'), '{name}', '{signed}'),
    second_button_en = replace(replace(second_button_en, 'of {name}', 'signed on {signed}'), '{name}', '{signed}')
WHERE kind IN ('full', 'links');
"""
KINDS = [
    ("confirm", "please confirm"),
    ("reminder", "reminder to confirm"),
    ("counted", "you are counted"),
    ("already", "you have already pledged"),
    ("full", "two have pledged from this address"),
    ("links", "your link"),
    ("fresh", "a fresh link"),
    ("new_address", "confirm the new address"),
    ("moved", "your address was changed"),
    ("corrected", "your pledge is corrected"),
    ("withdrawn", "your pledge is erased"),
]


def block_mailboxes(apps, schema_editor):
    """Recompute the digests of blocked addresses, which were those of one spelling."""
    rules = {rule.domain: rule for rule in apps.get_model("pledges.ProviderRule").objects.all()}
    BlockedAddress = apps.get_model("pledges.BlockedAddress")
    for blocked in BlockedAddress.objects.order_by("pk"):
        address = keys.decrypt(blocked.address_cipher, associated_data=f"blocked.address.{blocked.pk}")
        by_key = keys.digests(
            "mailbox",
            addresses.limiting_address(address, rules),
            # No key is registered yet.
            by=keys.decoded(settings.DIGEST_KEYS),
        )
        if BlockedAddress.objects.filter(mailbox_digest=by_key[0]).exists():
            blocked.delete()
        else:
            BlockedAddress.objects.filter(pk=blocked.pk).update(
                mailbox_digest=by_key[0], mailbox_digest_last=by_key[-1]
            )


class Migration(migrations.Migration):
    dependencies = [("pledges", "0007_published_counties")]

    operations = [
        migrations.CreateModel(
            name="MessageGrant",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("mailbox_digest", models.BinaryField(max_length=32)),
                ("mailbox_digest_last", models.BinaryField(max_length=32)),
                ("is_link_caused", models.BooleanField(editable=False)),
                ("granted_at", models.DateTimeField(editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["mailbox_digest", "granted_at"], name="message_grant_mailbox"),
                    models.Index(fields=["mailbox_digest_last", "granted_at"], name="message_grant_mailbox_last"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mailbox_digest__length", 32), ("mailbox_digest_last__length", 32)),
                        name="message_grant_digest_lengths",
                    ),
                ],
            },
        ),
        migrations.RenameField("blockedaddress", "address_digest", "mailbox_digest"),
        migrations.RenameField("blockedaddress", "address_digest_last", "mailbox_digest_last"),
        migrations.RunPython(block_mailboxes, migrations.RunPython.noop),
        migrations.AddField("submission", "mailbox_digest", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("submission", "mailbox_digest_last", models.BinaryField(max_length=32, null=True)),
        migrations.RunSQL(TAKE_ADDRESS_DIGESTS, migrations.RunSQL.noop),
        migrations.AlterField("submission", "mailbox_digest", models.BinaryField(max_length=32)),
        migrations.AlterField("submission", "mailbox_digest_last", models.BinaryField(max_length=32)),
        migrations.RemoveConstraint("submission", "submission_digest_lengths"),
        migrations.AddConstraint(
            "submission",
            models.CheckConstraint(
                condition=models.Q(
                    ("address_digest__length", 32),
                    ("address_digest_last__length", 32),
                    ("domain_digest__length", 32),
                    ("mailbox_digest__length", 32),
                    ("mailbox_digest_last__length", 32),
                    ("name_digest__length", 32),
                    ("name_digest_last__length", 32),
                ),
                name="submission_digest_lengths",
            ),
        ),
        *[
            migrations.AlterField(
                model, "kind", models.CharField(choices=KINDS, max_length=11, verbose_name="kind", **options)
            )
            for model, options in [("message", {}), ("messagetext", {"editable": False, "unique": True})]
        ],
        migrations.AlterField("trialmessage", "kind", models.CharField(choices=KINDS, editable=False, max_length=11)),
        migrations.RunSQL(TAKE_NAMES_OUT, migrations.RunSQL.noop),
        migrations.RunSQL(
            (SQL / "grants.sql").read_text() + (SQL / "submissions.sql").read_text(),
            "DROP FUNCTION grant_message",
        ),
    ]
