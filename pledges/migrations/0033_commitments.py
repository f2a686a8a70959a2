"""Plans of chosen commitments, how it went, and what is published of it."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.math
import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("pledges", "0032_goals_of_counties")]

    operations = [
        migrations.CreateModel(
            name="CommitmentFigures",
            fields=[
                (
                    "commitment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="pledges.commitment",
                    ),
                ),
                ("chosen", models.PositiveIntegerField(default=0)),
                ("asked", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("going_on", models.PositiveIntegerField(default=0)),
                ("cannot_say", models.PositiveIntegerField(default=0)),
                ("silent", models.PositiveIntegerField(default=0)),
                ("published_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                (
                    "pledge",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="follow_up",
                        serialize=False,
                        to="pledges.pledge",
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("questions", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("asked_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="answer",
            field=models.CharField(
                choices=[
                    ("done", "I have done it"),
                    ("going_on", "I am still working on it"),
                    ("cannot_say", "I cannot say"),
                    ("not_any_more", "It is not for me any more"),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="answered_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="answered_question",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="asked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="day",
            field=models.DateField(editable=False, null=True, verbose_name="day"),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="part",
            field=models.CharField(
                choices=[
                    ("morning", "in the morning"),
                    ("midday", "around midday"),
                    ("afternoon", "in the afternoon"),
                    ("evening", "in the evening"),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=9,
                verbose_name="part of the day",
            ),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="place",
            field=models.CharField(
                choices=[
                    ("home", "at home"),
                    ("school", "at school or kindergarten"),
                    ("work", "at work"),
                    ("outdoors", "outdoors or on the way"),
                    ("phone", "on the phone or online"),
                    ("elsewhere", "somewhere else"),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=9,
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="remind_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="reminded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="chosencommitment",
            name="slot",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="commitment",
            name="is_offered",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="If this is off, nobody new can choose it. Those who have chosen it keep it, and it stays in the figures.",
                verbose_name="offered",
            ),
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
                ],
                editable=False,
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="chosencommitment",
            constraint=models.UniqueConstraint(fields=("pledge", "slot"), name="chosen_commitment_slot_unique"),
        ),
        AddConstraintNotValid(
            model_name="chosencommitment",
            constraint=models.CheckConstraint(
                condition=models.Q(("slot", None), ("slot__in", (1, 2, 3)), _connector="OR"),
                name="chosen_commitment_at_most_three",
            ),
        ),
        AddConstraintNotValid(
            model_name="chosencommitment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("remind_at", None),
                    models.Q(("day__isnull", False), models.Q(("part", ""), _negated=True)),
                    _connector="OR",
                ),
                name="chosen_commitment_plan_to_remind_of",
            ),
        ),
        AddConstraintNotValid(
            model_name="chosencommitment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at", None), ("answered_question", None)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True),
                        ("answered_at__isnull", False),
                        ("answered_question__in", (1, 2)),
                        ("asked_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="chosen_commitment_answer_and_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("chosen", 5), 0),
                name="commitment_figures_chosen_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("asked", 5), 0),
                name="commitment_figures_asked_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("answered", 5), 0),
                name="commitment_figures_answered_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("done", 5), 0),
                name="commitment_figures_done_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("going_on", 5), 0),
                name="commitment_figures_going_on_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("cannot_say", 5), 0),
                name="commitment_figures_cannot_say_in_steps_of_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitmentfigures",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.math.Mod("silent", 5), 0),
                name="commitment_figures_silent_in_steps_of_five",
            ),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("questions__lt", 2)),
                fields=["questions", "since"],
                name="follow_up_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asked_at", None), ("questions", 0)),
                    models.Q(("asked_at__isnull", False), ("questions__in", (1, 2))),
                    _connector="OR",
                ),
                name="follow_up_asked_at_most_twice",
            ),
        ),
        migrations.RunSQL("CALL watch_content('pledges_commitmentfigures')", migrations.RunSQL.noop),
        # The text of a chosen commitment is immutable; plans, answers and follow-ups survive a restore.
        migrations.RunSQL((SQL / "commitments.sql").read_text(), migrations.RunSQL.noop),
    ]
