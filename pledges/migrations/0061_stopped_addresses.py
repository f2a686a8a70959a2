"""The message to the present address when a change of it is asked for, and the limit of such changes."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
KINDS = [
    ("confirm", "please confirm"),
    ("reminder", "reminder to confirm"),
    ("counted", "you are counted"),
    ("already", "you have already signed"),
    ("similar", "signed again with a similar name"),
    ("full", "two people have signed with this address"),
    ("links", "your link"),
    ("fresh", "a new link"),
    ("new_address", "confirm the new address"),
    ("moving", "a change of your address was asked for"),
    ("moved", "your address has been changed"),
    ("plan", "reminder of a plan"),
    ("how", "how did it go?"),
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
    ("voice", "voice: please approve it"),
    ("news", "news by email"),
    ("answer", "answer to an enquiry"),
    ("data_copy", "request: the copy of the data"),
    ("data_fixed", "request: the data is corrected"),
    ("data_limit", "request: the data is restricted"),
    ("data_erased", "request: the data is erased"),
    ("data_none", "request: we hold nothing"),
    ("data_no", "request: refused"),
    ("alarm", "to the safeguarding lead: sign in"),
]


class Migration(migrations.Migration):
    dependencies = [("pledges", "0060_notes_of_mailings")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=11, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="messagetext",
            name="kind",
            field=models.CharField(choices=KINDS, editable=False, max_length=11, unique=True, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="trialmessage",
            name="kind",
            field=models.CharField(choices=KINDS, editable=False, max_length=11),
        ),
        migrations.RunSQL((SQL / "submissions.sql").read_text(), migrations.RunSQL.noop),
    ]
