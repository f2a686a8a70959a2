"""Restores access for an administrator who is locked out."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from staff.accounts.models import Account
from staff.roles import Role


class Command(BaseCommand):
    """Remove an administrator's password and second factors, and send and print a new link."""

    help = (
        "Let an administrator who is locked out sign in again: removes password and second factors, ends all sessions, sends a "
        "new link and prints it too. The log records it."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="EMAIL")
        parser.add_argument(
            "--language",
            choices=dict(settings.LANGUAGES),
            default=settings.LANGUAGE_CODE,
            help="of the message (default: %(default)s)",
        )

    @transaction.atomic
    def handle(self, *, address, language, **options):
        account = Account.objects.with_email(address)
        if account is None or not (account.role_key == Role.ADMINISTRATOR or account.is_superuser):
            raise CommandError("No administrator has this address.")
        invitation = account.rescue(language)
        self.stdout.write(f"Only this link opens the account now. It works once, for seven days:\n{invitation.url()}")
