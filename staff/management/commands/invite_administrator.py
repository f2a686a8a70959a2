"""Invites an administrator from the command line."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from staff.accounts.models import Account
from staff.roles import Role


class Command(BaseCommand):
    """Create an administrator, and send and print the link of the invitation."""

    help = "Invite an administrator, such as the first one: sends a link to this address and prints it too."

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="EMAIL")
        parser.add_argument("--name", default="", help="as colleagues know this person")
        parser.add_argument(
            "--language",
            choices=dict(settings.LANGUAGES),
            default=settings.LANGUAGE_CODE,
            help="of the message (default: %(default)s)",
        )

    @transaction.atomic
    def handle(self, *, address, name, language, **options):
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError("This is not an e-mail address.") from error
        if Account.objects.with_email(address):
            raise CommandError(
                "An account with this address exists: `rescue_administrator` restores access for an administrator."
            )
        account = Account.objects.invite(address, name=name, role=Role.ADMINISTRATOR, language=language)
        self.stdout.write(f"Invited. The link works once, for seven days:\n{account.invitation.url()}")
