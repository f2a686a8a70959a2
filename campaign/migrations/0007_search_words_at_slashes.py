"""Searched words end at a slash: PostgreSQL took CRCA/ECPAT for the path of a file. A generated column is made anew."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models


def vector(field, weight):
    words = (models.F(field), models.Value(r"(\w)/(?=\w)"), models.Value(r"\1 "), models.Value("g"))
    apart = models.Func(*words, function="regexp_replace", output_field=models.TextField())
    return SearchVector(apart, weight=weight, config="site")


def column(language):
    return models.GeneratedField(
        db_persist=True,
        expression=vector(f"title_{language}", "A") + vector(f"lead_{language}", "B") + vector(f"body_{language}", "C"),
        output_field=SearchVectorField(),
    )


def made_anew(model, language):
    name = f"search_{language}"
    yield migrations.RemoveIndex(model, f"{model}_{name}")
    yield migrations.RemoveField(model, name)
    yield migrations.AddField(model, name, column(language))
    yield migrations.AddIndex(model, GinIndex(fields=[name], name=f"{model}_{name}"))


class Migration(migrations.Migration):
    dependencies = [("campaign", "0006_front")]

    operations = [
        operation
        for model in ("article", "page")
        for language in ("sq", "en")
        for operation in made_anew(model, language)
    ]
