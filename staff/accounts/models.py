"""Accounts of staff: a proxy of Django's User with one role each, their invitations, and which forms they have open.

Accounts are deactivated, never deleted. An invitation is a link to set up an account or to regain access. It works once.
"""

import logging
import uuid
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group, User, UserManager
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import mailers
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.tasks import task
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from staff import mail
from staff.audit.models import Entry
from staff.roles import Role

logger = logging.getLogger(__name__)

INVITATION_LIFE = timedelta(days=7)
# Between two attempts to send the mail of an invitation.
RETRY_INTERVAL = timedelta(minutes=20)
RECOVERY_INTERVAL = timedelta(hours=1)
# A form counts as open so long after its last sign of life. Its script sends one a minute while someone types.
PRESENT_LIFE = timedelta(minutes=10)


def _signer():
    return signing.Signer(salt="staff.invitation")


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Invitations whose link can be used."""
        return self.filter(ended_at=None, created_at__gt=Now() - INVITATION_LIFE)

    def to_send(self):
        """Open invitations whose mail is due."""
        return self.open().filter(sent_at=None, due_at__lte=Now())

    def end(self):
        """End the links of those that are open; returns how many."""
        return self.filter(ended_at=None).update(ended_at=Now())

    def from_token(self, token):
        """The invitation of a signed token in any state, or None if the token is invalid."""
        try:
            return self.select_related("user").get(pk=uuid.UUID(_signer().unsign(token)))
        except (signing.BadSignature, ValueError, Invitation.DoesNotExist):
            return None


class Invitation(models.Model):
    """An invitation of one account. The token of its link is not stored: it is the signed id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("account"), editable=False
    )
    language = models.CharField(_("language of the message"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    due_at = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                name="invitation_one_open_per_account", fields=["user"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="invitation_language_is_known", condition=Q(language__in=list(dict(settings.LANGUAGES)))
            ),
        ]

    @property
    def is_usable(self):
        return self.ended_at is None and timezone.now() < self.created_at + INVITATION_LIFE and self.user.is_active

    @property
    def expires_at(self):
        return self.created_at + INVITATION_LIFE

    def url(self):
        return settings.SITE_URL + reverse("account_invitation", args=[_signer().sign(str(self.pk))])

    def send(self):
        """Try once to hand the mail to the mail server, and store the outcome. The caller holds the row lock."""
        fields = {"mail": str(self.pk), "kind": "invitation", "outcome": "sent"}
        try:
            with mailers.default as server:
                server.send_messages([mail.invitation(self)])
            self.sent_at = timezone.now()
        except Exception as error:
            # The class only: the message of an SMTP error may contain an address.
            fields |= {"outcome": "queued", "error": type(error).__name__}
            self.due_at = timezone.now() + RETRY_INTERVAL
        logger.info("mail", extra={"fields": fields})
        self.save(update_fields=["sent_at", "due_at"])


def account_field(**options):
    """A column for the member of staff who did something, which is emptied with the account."""
    options = {"related_name": "+", **options}
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, **options)


class AccountManager(UserManager):
    """Staff users, annotated with role, second factors and whether an invitation is open."""

    use_in_migrations = False

    def get_queryset(self):
        """All staff, with `role_key`, `has_factor` and `is_invited`."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        group = Group.objects.filter(user=OuterRef("pk"), name__in=Role.values)
        return (
            super()
            .get_queryset()
            .filter(is_staff=True)
            .annotate(
                role_key=Subquery(group.values("name")[:1]),
                has_factor=Exists(factors.exclude(type=Authenticator.Type.RECOVERY_CODES)),
                is_invited=Exists(Invitation.objects.open().filter(user=OuterRef("pk"))),
            )
        )

    def names_of(self, ids):
        """{id: name} of these accounts, also of people who have left the staff."""
        return {account.pk: str(account) for account in super().get_queryset().filter(pk__in=ids)}

    def who_can_sign_in(self):
        """Active accounts with a second factor."""
        return self.filter(has_factor=True, is_active=True)

    def administrators(self):
        """Administrators and superusers who can sign in."""
        return self.who_can_sign_in().filter(Q(role_key=Role.ADMINISTRATOR) | Q(is_superuser=True))

    def safeguarding_leads(self):
        """Safeguarding leads who can sign in."""
        return self.who_can_sign_in().filter(role_key=Role.SAFEGUARDING)

    def with_email(self, address):
        """The account with this e-mail address, compared case-insensitively, or None."""
        return self.filter(email__iexact=address.strip()).first()

    @transaction.atomic
    def recover(self, account_id, language):
        """Send this account a link for a new password, at most one an hour; returns the invitation or None.

        Only to an active account with a second factor: the link does not replace it, so it opens nothing without the factor.
        """
        account = self.who_can_sign_in().filter(pk=account_id).first()
        # The row lock serialises concurrent requests for one account.
        if account is None or not User.objects.select_for_update().filter(pk=account.pk).exists():
            return None
        if account.invitations.filter(created_at__gt=Now() - RECOVERY_INTERVAL).exists():
            return None
        Entry.log(account, Entry.Action.ACCOUNT, done="recovery_asked", account=account.pk)
        return account._send_link(language)

    @transaction.atomic
    def invite(self, address, *, name="", role, language, by=None):
        """Create an account without a password and send its invitation. `by` is the administrator, None on the command line."""
        account = self.model(email=address.strip(), first_name=name)
        account.save_and_invite(role, language, by)
        return account


class Account(User):
    """A member of staff. The methods that change an account log it; `by` is the User who does so, None for a command."""

    objects = AccountManager()

    class Meta:
        proxy = True
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["first_name", "email"]

    def __str__(self):
        return self.first_name or self.email or self.username

    @property
    def invitation(self):
        """The open invitation of this account, or None."""
        return Invitation.objects.open().filter(user=self).first()

    @property
    def mail_language(self):
        """The language of our emails to this person: that of the last invitation."""
        last = self.invitations.order_by("-created_at").values_list("language", flat=True).first()
        return last or settings.LANGUAGE_CODE

    @transaction.atomic
    def save_and_invite(self, role, language, by=None):
        """Save a new account with its role, and send its invitation."""
        self.username = self.email.lower()
        self.is_staff = True
        self.set_unusable_password()
        self.save()
        self.groups.set([Group.objects.get(name=role)])
        Entry.log(by, Entry.Action.ACCOUNT, done="invited", account=self.pk, role=role)
        self._send_link(language)

    @transaction.atomic
    def send_link(self, language, by=None):
        """End the open invitation and send a new one; returns it.

        Its link sets a password or, if the account has no second factor, a passkey.
        """
        Entry.log(by, Entry.Action.ACCOUNT, done="link_sent", account=self.pk)
        return self._send_link(language)

    def _send_link(self, language):
        self.invitations.all().end()
        return Invitation.objects.create(user=self, language=language)

    def check_another_administrator(self):
        """Raise ValidationError if this is the only administrator who can sign in."""
        # The row lock serialises these checks until the transaction ends, so that two administrators cannot remove each other.
        list(Group.objects.select_for_update().filter(name=Role.ADMINISTRATOR))
        administrators = Account.objects.administrators()
        if administrators.filter(pk=self.pk).exists() and not administrators.exclude(pk=self.pk).exists():
            raise ValidationError(
                _("%(name)s is the last administrator who can sign in. Make someone else an administrator first.")
                % {"name": self},
                code="last_administrator",
            )

    @transaction.atomic
    def change_role(self, role, by):
        """Replace the role, and remove superuser status and single permissions."""
        if role != Role.ADMINISTRATOR:
            self.check_another_administrator()
        User.objects.filter(pk=self.pk).update(is_superuser=False)
        self.user_permissions.clear()
        self.groups.set([Group.objects.get(name=role)])
        Entry.log(by, Entry.Action.ACCOUNT, done="role", account=self.pk, role=role)

    @transaction.atomic
    def deactivate(self, by):
        """Deactivate the account: no sign-in, no open invitation, and its sessions end with their next request."""
        self.check_another_administrator()
        User.objects.filter(pk=self.pk).update(is_active=False)
        self.invitations.all().end()
        Entry.log(by, Entry.Action.ACCOUNT, done="deactivated", account=self.pk)

    @transaction.atomic
    def activate(self, by):
        """Reactivate the account with its password and second factors."""
        User.objects.filter(pk=self.pk).update(is_active=True)
        Entry.log(by, Entry.Action.ACCOUNT, done="activated", account=self.pk)

    @transaction.atomic
    def rescue(self, language, by=None):
        """Let a locked-out user in: remove password and second factors, end all sessions, send an invitation; returns it."""
        Authenticator.objects.filter(user=self).delete()
        self.set_unusable_password()
        User.objects.filter(pk=self.pk).update(password=self.password, is_active=True)
        Entry.log(by, Entry.Action.ACCOUNT, done="rescued", account=self.pk)
        return self._send_link(language)


@task
def recover(account_id, language):
    """`AccountManager.recover` in the worker. For an unknown address, where the id is None, the request takes as long."""
    Account.objects.recover(account_id, language)


class Presence(models.Model):
    """An account that has the form at this path open."""

    path = models.CharField(max_length=200)
    user = models.ForeignKey(Account, models.CASCADE)
    since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["path", "user"], name="presence_once")]

    def __str__(self):
        time = time_format(timezone.localtime(self.since), "TIME_FORMAT")
        return gettext("%(who)s has had this page open since %(time)s.") % {"who": self.user, "time": time}

    @classmethod
    def renew(cls, user, path):
        """Note that an account has this form open, and erase what no longer counts; returns the others that have it open."""
        cls.objects.filter(seen_at__lt=Now() - PRESENT_LIFE).delete()
        cls.objects.update_or_create(path=path, user=user, defaults={"seen_at": Now()})
        return cls.objects.filter(path=path).exclude(user=user).select_related("user").order_by("since")
