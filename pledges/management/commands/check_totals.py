"""Consistency check of the tally."""

from django.core.management.base import BaseCommand, CommandError

from pledges.counting import tally


class Command(BaseCommand):
    """Compare the tally with the rows. Exits with an error if they differ; `--repair` rebuilds the tally."""

    help = "Recount all people and compare the result with the tally."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="If they differ, rebuild the tally from the rows.")

    def handle(self, *, repair, **options):
        differences = tally.differences()
        for day, sector, county, way, counted, rows in differences:
            self.stdout.write(
                f"{day or 'all days'}, sector {sector}, county {county or 'unknown'}, {way or 'all ways'}: "
                f"tally {counted}, rows {rows}"
            )
        if differences and repair:
            tally.rebuild()
            self.stdout.write("The tally was rebuilt from the rows.")
        elif differences:
            raise CommandError(
                "The tally differs from the rows. Were triggers disabled? `check_totals --repair` rebuilds the tally."
            )
        else:
            totals = tally.read()
            self.stdout.write(
                f"Exact: {totals.total} people ({totals.online} online, {totals.groups} in groups, {totals.paper} on paper), "
                f"{totals.counties_total} in published figures of counties."
            )
