from django.core.management.base import BaseCommand, CommandError

from pledges import totals


class Command(BaseCommand):
    help = "Recount all confirmed pledges and compare with the tally."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="Make the tally anew from the rows if they disagree.")

    def handle(self, *, repair, **options):
        wrong = totals.differences()
        for day, sector, county, tally, rows in wrong:
            self.stdout.write(
                f"{day or 'all days'}, sector {sector}, county {county or 'unknown'}: tally {tally}, rows {rows}"
            )
        if wrong and repair:
            totals.rebuild()
            self.stdout.write("The tally was made anew from the rows.")
        elif wrong:
            raise CommandError(
                "The tally disagrees with the rows: were triggers switched off? `check_totals --repair` makes it anew."
            )
        else:
            self.stdout.write(f"Exact: {totals.read().total} confirmed pledges.")
