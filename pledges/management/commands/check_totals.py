"""Consistency check of the tally."""

from django.core.management.base import BaseCommand, CommandError

from pledges.totals import tally


class Command(BaseCommand):
    """Compare the tally with the pledges. Exits with an error if they differ; `--repair` rebuilds the tally."""

    help = "Recount all confirmed pledges and compare the result with the tally."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="If they differ, rebuild the tally from the rows.")

    def handle(self, *, repair, **options):
        differences = tally.differences()
        for day, sector, county, counted, rows in differences:
            self.stdout.write(
                f"{day or 'all days'}, sector {sector}, county {county or 'unknown'}: tally {counted}, rows {rows}"
            )
        if differences and repair:
            tally.rebuild()
            self.stdout.write("The tally was rebuilt from the rows.")
        elif differences:
            raise CommandError(
                "The tally differs from the rows. Were triggers disabled? `check_totals --repair` rebuilds the tally."
            )
        else:
            self.stdout.write(f"Exact: {tally.read().total} confirmed pledges.")
