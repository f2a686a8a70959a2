from django.core.management.base import BaseCommand, CommandError

from pledges.totals import tally


class Command(BaseCommand):
    help = "Recount all confirmed pledges and compare with the tally."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="Make the tally anew from the rows if they disagree.")

    def handle(self, *, repair, **options):
        wrong = tally.differences()
        for day, sector, county, counted, rows in wrong:
            self.stdout.write(
                f"{day or 'all days'}, sector {sector}, county {county or 'unknown'}: tally {counted}, rows {rows}"
            )
        if wrong and repair:
            tally.rebuild()
            self.stdout.write("The tally was made anew from the rows.")
        elif wrong:
            raise CommandError(
                "The tally disagrees with the rows: were triggers switched off? `check_totals --repair` makes it anew."
            )
        else:
            self.stdout.write(f"Exact: {tally.read().total} confirmed pledges.")
