"""Consistency check of the tally and of the published figures of counties."""

from django.core.management.base import BaseCommand, CommandError

from pledges.counting import published, tally


class Command(BaseCommand):
    """Compare the tally with the rows. Exits with an error if they differ; `--repair` rebuilds the tally."""

    help = "Recount all people and compare the result with the tally; check that published figures sum up."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="If they differ, rebuild the tally from the rows.")

    def handle(self, *, repair, **options):
        differences, without_county = tally.differences(), published.without_county()
        for day, sector, county, way, counted, rows in differences:
            self.stdout.write(
                f"{day or 'all days'}, sector {sector}, county {county or 'unknown'}, {way or 'all ways'}: "
                f"tally {counted}, rows {rows}"
            )
        for row in without_county:
            self.stdout.write(f"published figure of county {row.county}: {row.n}, but there is no such county")
        if (differences or without_county) and repair:
            without_county.delete()
            tally.rebuild()
            self.stdout.write("The tally was rebuilt from the rows.")
        elif differences or without_county:
            raise CommandError(
                "The tally differs from the rows. Were triggers disabled? `check_totals --repair` rebuilds the tally."
            )
        else:
            totals = tally.read()
            self.stdout.write(
                f"Exact: {totals.total} people ({totals.online} online, {totals.groups} in groups, {totals.paper} on paper), "
                f"{totals.counties_total} in published figures of counties."
            )
