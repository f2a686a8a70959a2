"""Accounts of staff: Django's users, with one role each. They are invited, and deactivated rather than deleted."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User, UserManager
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from staff.models.audit import AuditEntry
from staff.models.invitations import Invitation
from staff.roles import Role


class AccountManager(UserManager):
    use_in_migrations = False

    def get_queryset(self):
        """All staff, with what the list says of each."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        group = Group.objects.filter(user=OuterRef("pk"), name__in=Role.values)
        return (
            super()
            .get_queryset()
            .filter(is_staff=True)
            .annotate(
                role_key=Subquery(group.values("name")[:1]),
                has_app=Exists(factors.filter(type=Authenticator.Type.TOTP)),
                has_passkey=Exists(factors.filter(type=Authenticator.Type.WEBAUTHN)),
                is_invited=Exists(Invitation.objects.open().filter(user=OuterRef("pk"))),
            )
        )

    def administrators(self):
        """Those who can sign in today and do everything."""
        return self.filter(Q(role_key=Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True).filter(
            Q(has_app=True) | Q(has_passkey=True)
        )

    def with_email(self, address):
        """The account with this e-mail address, or None."""
        return self.filter(email__iexact=address.strip()).first()

    @transaction.atomic
    def invite(self, address, *, name="", role, language, by=None):
        """A new account that only its invitation opens; `by` is the administrator, None on the command line."""
        account = self.model(email=address.strip(), first_name=name)
        account.save_and_invite(role, language, by)
        return account


class Account(User):
    """A member of staff."""

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
        """The link of this account that works, or None."""
        return Invitation.objects.open().filter(user=self).first()

    @transaction.atomic
    def save_and_invite(self, role, language, by=None):
        """Save a new account, give it its role and send its invitation."""
        self.username = self.email.lower()
        self.is_staff = True
        self.set_unusable_password()
        self.save()
        self.groups.set([Group.objects.get(name=role)])
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="invited", account=self.pk, role=role)
        self._send_link(language)

    @transaction.atomic
    def send_link(self, language, by=None):
        """Send a fresh link, and end the one before. By it one chooses a password or, without a second factor, a passkey."""
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="link_sent", account=self.pk)
        return self._send_link(language)

    def _send_link(self, language):
        self.invitations.all().end(Invitation.State.REVOKED)
        invitation = Invitation.objects.create(user=self, language=language)
        invitation.enqueue()
        return invitation

    @transaction.atomic
    def revoke_link(self, by):
        """Let the link that was sent work no more; returns whether there was one."""
        revoked = bool(self.invitations.all().end(Invitation.State.REVOKED))
        if revoked:
            AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="link_revoked", account=self.pk)
        return revoked

    def check_another_administrator(self):
        """Raise ValidationError if nobody else could do what administrators do; until the transaction ends, no other goes."""
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
        """Give another role instead of the one there is, and of rights that came by another way."""
        if role != Role.ADMINISTRATOR:
            self.check_another_administrator()
        User.objects.filter(pk=self.pk).update(is_superuser=False)
        self.user_permissions.clear()
        self.groups.set([Group.objects.get(name=role)])
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="role", account=self.pk, role=role)

    @transaction.atomic
    def deactivate(self, by):
        """Nobody signs in with this account any more; its sessions end at once and its link works no more."""
        self.check_another_administrator()
        User.objects.filter(pk=self.pk).update(is_active=False)
        self.invitations.all().end(Invitation.State.REVOKED)
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="deactivated", account=self.pk)

    @transaction.atomic
    def activate(self, by):
        """Let this account sign in again, as before."""
        User.objects.filter(pk=self.pk).update(is_active=True)
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="activated", account=self.pk)

    @transaction.atomic
    def rescue(self, language, by=None):
        """For someone who is locked out: forget the password and all second factors, end all sessions and send a fresh link."""
        Authenticator.objects.filter(user=self).delete()
        self.set_unusable_password()
        User.objects.filter(pk=self.pk).update(password=self.password, is_active=True)
        AuditEntry.log(by, AuditEntry.Action.ACCOUNT, done="rescued", account=self.pk)
        return self._send_link(language)
