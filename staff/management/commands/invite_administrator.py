"""Invites an administrator from the command line, or lets one in who is locked out."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from staff.accounts.models import Account
from staff.roles import Role


class Command(BaseCommand):
    help = (
        "Invite an administrator, such as the first one: sends a link to this address and prints it too. With --rescue an "
        "administrator who is locked out signs in again: password and second factors are removed, all sessions end. The log "
        "records it."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="EMAIL")
        parser.add_argument("--name", default="", help="as colleagues know this person")
        parser.add_argument("--rescue", action="store_true", help="the account exists, and its owner is locked out")
        parser.add_argument(
            "--language",
            choices=dict(settings.LANGUAGES),
            default=settings.LANGUAGE_CODE,
            help="of the message (default: %(default)s)",
        )

    @transaction.atomic
    def handle(self, *, address, name, rescue, language, **options):
        account = Account.objects.with_email(address)
        if rescue:
            if account is None or not (account.role_key == Role.ADMINISTRATOR or account.is_superuser):
                raise CommandError("No administrator has this address.")
            account.rescue(language)
        else:
            try:
                validate_email(address)
            except ValidationError as error:
                raise CommandError("This is not an e-mail address.") from error
            if account:
                raise CommandError(
                    "An account with this address exists: --rescue restores access for an administrator."
                )
            account = Account.objects.invite(address, name=name, role=Role.ADMINISTRATOR, language=language)
        self.stdout.write(
            f"Only this link opens the account now. It works once, for seven days:\n{account.invitation.url()}"
        )
