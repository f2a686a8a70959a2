"""Goals become rows, with what happens at each.

The columns `goal` and `next_goals` stay in the table for the release before; a later one removes them.
"""

import django.core.validators
from django.db import migrations, models
from django.db.models import Q

MOVE_GOALS = """
INSERT INTO pledges_goal (people, sentence_sq, sentence_en)
SELECT DISTINCT people, '', '' FROM pledges_pledgingsettings, unnest(goal || next_goals) AS people WHERE people >= 10
"""

SENTENCE = {
    "blank": True,
    "help_text": (
        "What we do when this many people have signed, as one sentence, for example “At 5000 we hand our demands to "
        "Parliament.” If this is empty, only the number is shown."
    ),
    "max_length": 160,
    "verbose_name": "what happens then",
}


class Migration(migrations.Migration):
    dependencies = [("pledges", "0015_hours_of_a_week")]

    operations = [
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "people",
                    models.PositiveIntegerField(
                        error_messages={"unique": "There is already a goal with this number."},
                        help_text="How many supporters we aim for, for example 5000.",
                        unique=True,
                        validators=[django.core.validators.MinValueValidator(10)],
                        verbose_name="number of supporters",
                    ),
                ),
                ("sentence_sq", models.CharField(**SENTENCE)),
                ("sentence_en", models.CharField(**SENTENCE)),
            ],
            options={
                "verbose_name": "goal",
                "verbose_name_plural": "goals",
                "ordering": ["people"],
                "constraints": [
                    models.CheckConstraint(condition=Q(people__gte=10), name="goal_is_large_enough"),
                    models.CheckConstraint(
                        condition=Q(sentence_sq="", sentence_en="") | (~Q(sentence_sq="") & ~Q(sentence_en="")),
                        name="goal_sentence_in_both_languages",
                        violation_error_message="Write this in both languages, or leave both empty.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(MOVE_GOALS, migrations.RunSQL.noop),
        migrations.RunSQL("CALL watch_content('pledges_goal')", migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("pledgingsettings", "goal"),
                migrations.RemoveField("pledgingsettings", "next_goals"),
            ],
            database_operations=[
                # The row is inserted without the column from now on.
                migrations.RunSQL(
                    "ALTER TABLE pledges_pledgingsettings ALTER COLUMN next_goals SET DEFAULT '{}'",
                    "ALTER TABLE pledges_pledgingsettings ALTER COLUMN next_goals DROP DEFAULT",
                ),
            ],
        ),
    ]
