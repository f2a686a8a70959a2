"""Help texts speak of supporters: not all of them have signed. No table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0063_links_without_count"),
    ]

    operations = [
        migrations.AlterField(
            model_name="goal",
            name="sentence_en",
            field=models.CharField(
                blank=True,
                help_text="What we do when there are this many supporters, as one sentence, for example “At 5000 we hand our demands to Parliament.” If this is empty, only the number is shown.",
                max_length=160,
                verbose_name="what happens then",
            ),
        ),
        migrations.AlterField(
            model_name="goal",
            name="sentence_sq",
            field=models.CharField(
                blank=True,
                help_text="What we do when there are this many supporters, as one sentence, for example “At 5000 we hand our demands to Parliament.” If this is empty, only the number is shown.",
                max_length=160,
                verbose_name="what happens then",
            ),
        ),
        migrations.AlterField(
            model_name="sector",
            name="people_en",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The word for its people, such as “parents”: “1021 parents so far”. Leave empty to say “supporters”.",
                max_length=60,
                verbose_name="name after a number",
            ),
        ),
        migrations.AlterField(
            model_name="sector",
            name="people_sq",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The word for its people, such as “parents”: “1021 parents so far”. Leave empty to say “supporters”.",
                max_length=60,
                verbose_name="name after a number",
            ),
        ),
    ]
