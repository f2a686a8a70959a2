"""The text-search configuration `site`: words as they are, without accents, so that "tirane" finds Tiranë.

PostgreSQL knows no Albanian; `simple` stems nothing in either language and treats both alike.
"""

from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations

CREATE = """
CREATE TEXT SEARCH CONFIGURATION site (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION site ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
"""


class Migration(migrations.Migration):
    dependencies = [("campaign", "0001_initial")]

    operations = [UnaccentExtension(), migrations.RunSQL(CREATE, "DROP TEXT SEARCH CONFIGURATION site")]
