"""News by email: what supporters follow, mailings, and their messages."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0055_words_of_help"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("demand", models.CharField(editable=False, max_length=50, null=True)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Mailing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject_sq",
                    models.CharField(
                        blank=True,
                        help_text="Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”.",
                        max_length=70,
                        verbose_name="subject",
                    ),
                ),
                (
                    "subject_en",
                    models.CharField(
                        blank=True,
                        help_text="Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”.",
                        max_length=70,
                        verbose_name="subject",
                    ),
                ),
                (
                    "text_sq",
                    models.TextField(
                        blank=True,
                        help_text="Plain text; an empty line begins a paragraph. A full address becomes a link, for example https://example.org/report.",
                        max_length=6000,
                        verbose_name="text",
                    ),
                ),
                (
                    "text_en",
                    models.TextField(
                        blank=True,
                        help_text="Plain text; an empty line begins a paragraph. A full address becomes a link, for example https://example.org/report.",
                        max_length=6000,
                        verbose_name="text",
                    ),
                ),
                (
                    "button_sq",
                    models.CharField(
                        blank=True,
                        help_text="The words on a button below the text, for example “Read the report”. Leave empty for no button.",
                        max_length=60,
                        verbose_name="button",
                    ),
                ),
                (
                    "button_en",
                    models.CharField(
                        blank=True,
                        help_text="The words on a button below the text, for example “Read the report”. Leave empty for no button.",
                        max_length=60,
                        verbose_name="button",
                    ),
                ),
                (
                    "link_sq",
                    models.CharField(
                        blank=True,
                        help_text="The full address of the page in this language, for example https://example.org/report.",
                        max_length=300,
                        validators=[django.core.validators.URLValidator(["https", "http"])],
                        verbose_name="where the button leads",
                    ),
                ),
                (
                    "link_en",
                    models.CharField(
                        blank=True,
                        help_text="The full address of the page in this language, for example https://example.org/report.",
                        max_length=300,
                        validators=[django.core.validators.URLValidator(["https", "http"])],
                        verbose_name="where the button leads",
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("news", "everyone who asked for news"),
                            ("sector", "those of one group who asked for news"),
                            ("demand", "those who follow a demand"),
                            ("county", "those who follow a county"),
                        ],
                        default="news",
                        max_length=6,
                        verbose_name="recipients",
                    ),
                ),
                ("demand", models.CharField(blank=True, default="", max_length=50, verbose_name="demand")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("ready", "waits for a second person"),
                            ("sending", "being sent"),
                            ("paused", "paused"),
                            ("done", "sent"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "writers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, editable=False
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("released_at", models.DateTimeField(editable=False, null=True, verbose_name="released")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("people", models.PositiveIntegerField(editable=False, null=True)),
                ("reached", models.UUIDField(editable=False, null=True)),
                ("demand_title_sq", models.CharField(blank=True, default="", editable=False, max_length=120)),
                ("demand_title_en", models.CharField(blank=True, default="", editable=False, max_length=120)),
                (
                    "is_archived",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="If this is off, visitors cannot read it among the news, for example after a mistake.",
                        verbose_name="on our site",
                    ),
                ),
            ],
            options={
                "verbose_name": "news email",
                "verbose_name_plural": "news by email",
                "ordering": ["-pk"],
                "permissions": [("release_mailing", "Can release news by email")],
            },
        ),
        migrations.CreateModel(
            name="MailingCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sent", "Sent"),
                            ("returned", "Returned"),
                            ("spam", "Spam"),
                            ("unsubscribed", "Unsubscribed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("n", models.PositiveIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
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
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddField(
            model_name="follow",
            name="county",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="pledges.county",
            ),
        ),
        migrations.AddField(
            model_name="follow",
            name="pledge",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="follows",
                to="pledges.pledge",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="county",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.county",
                verbose_name="county",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="released_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="released by",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="sector",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pledges.sector",
                verbose_name="group",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="written_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="last changed by",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="mailing",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="pledges.mailing",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mailing", None), models.Q(("kind", "news"), _negated=True)),
                    models.Q(("kind", "news"), ("mailing__isnull", False), ("pledge__isnull", False)),
                    _connector="OR",
                ),
                name="message_news_of_a_mailing",
            ),
        ),
        migrations.AddField(
            model_name="mailingcount",
            name="mailing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="counts", to="pledges.mailing"
            ),
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(
                condition=models.Q(("demand__isnull", False)), fields=["demand", "pledge"], name="follow_demand"
            ),
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(
                condition=models.Q(("county__isnull", False)), fields=["county", "pledge"], name="follow_county"
            ),
        ),
        migrations.AddConstraint(
            model_name="follow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("county__isnull", False), ("demand", None)),
                    models.Q(("county", None), ("demand__isnull", False)),
                    _connector="OR",
                ),
                name="follow_demand_or_county",
            ),
        ),
        migrations.AddConstraint(
            model_name="follow",
            constraint=models.UniqueConstraint(fields=("pledge", "demand"), name="follow_demand_once"),
        ),
        migrations.AddConstraint(
            model_name="follow",
            constraint=models.UniqueConstraint(fields=("pledge", "county"), name="follow_county_once"),
        ),
        migrations.AddIndex(
            model_name="mailing",
            index=models.Index(
                condition=models.Q(("state__in", ["sending", "paused"])),
                fields=["released_at"],
                name="mailing_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("audience", "news"), ("county", None), ("demand", ""), ("sector", None)),
                    models.Q(("audience", "sector"), ("county", None), ("demand", ""), ("sector__isnull", False)),
                    models.Q(
                        ("audience", "demand"),
                        ("county", None),
                        ("sector", None),
                        models.Q(("demand", ""), _negated=True),
                    ),
                    models.Q(("audience", "county"), ("county__isnull", False), ("demand", ""), ("sector", None)),
                    _connector="OR",
                ),
                name="mailing_audience_is_named",
                violation_error_message="Choose the group, demand or county of the recipients.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"),
                    models.Q(
                        models.Q(("subject_sq", ""), _negated=True),
                        models.Q(("subject_en", ""), _negated=True),
                        models.Q(("text_sq", ""), _negated=True),
                        models.Q(("text_en", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="mailing_ready_in_both_languages",
                violation_error_message="Fill in subject and text in both languages first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("button_en", ""), ("button_sq", ""), ("link_en", ""), ("link_sq", "")),
                    models.Q(
                        models.Q(("button_sq", ""), _negated=True),
                        models.Q(("button_en", ""), _negated=True),
                        models.Q(("link_sq", ""), _negated=True),
                        models.Q(("link_en", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="mailing_button_in_both_languages",
                violation_error_message="Fill in the button and its address in both languages, or leave all four empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None), ("reached", None), ("released_at", None), ("state__in", ["draft", "ready"])
                    ),
                    models.Q(("ended_at", None), ("released_at__isnull", False), ("state__in", ["sending", "paused"])),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("released_at__isnull", False),
                        ("state__in", ["done", "cancelled"]),
                    ),
                    _connector="OR",
                ),
                name="mailing_state_and_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by", None),
                    models.Q(("writers__contains", [models.F("released_by")]), _negated=True),
                    _connector="OR",
                ),
                name="mailing_released_by_another",
            ),
        ),
    ]
