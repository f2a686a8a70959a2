"""The message with the links of organisations, for those who have lost theirs."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0030_help_of_events"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                ],
                max_length=11,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="messagetext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                ],
                editable=False,
                max_length=11,
                unique=True,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="trialmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm"),
                    ("reminder", "reminder to confirm"),
                    ("counted", "you are counted"),
                    ("already", "you have already signed"),
                    ("similar", "signed again with a similar name"),
                    ("full", "two people have signed with this address"),
                    ("links", "your link"),
                    ("fresh", "a new link"),
                    ("new_address", "confirm the new address"),
                    ("moved", "your address has been changed"),
                    ("keep", "should we keep your name and address?"),
                    ("corrected", "your pledge has been corrected"),
                    ("withdrawn", "your pledge has been erased"),
                    ("group", "group: please confirm"),
                    ("group_open", "group: we are checking it"),
                    ("group_yes", "group: counted"),
                    ("group_no", "group: not counted"),
                    ("group_out", "group: withdrawn"),
                    ("group_links", "group: your links"),
                    ("join", "organisation: please confirm"),
                    ("join_again", "organisation: already sent"),
                    ("join_yes", "organisation: on our page"),
                    ("join_no", "organisation: refused"),
                    ("join_renew", "organisation: still with us?"),
                    ("join_out", "organisation: has left"),
                    ("join_links", "organisation: your links"),
                ],
                editable=False,
                max_length=11,
            ),
        ),
        *(
            migrations.RunSQL((SQL / f"{name}.sql").read_text(), migrations.RunSQL.noop)
            for name in ("joinings", "submissions")
        ),
    ]
