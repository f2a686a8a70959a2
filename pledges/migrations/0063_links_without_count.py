"""An invitation link counts nothing, and nothing looks its code up."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pledges", "0062_places_and_limits")]

    operations = [
        migrations.RemoveConstraint("referrallink", "referral_link_digest_lengths"),
        migrations.RemoveField("referrallink", "code_digest"),
        migrations.RemoveField("referrallink", "code_digest_last"),
        migrations.RemoveField("referrallink", "confirmations"),
    ]
