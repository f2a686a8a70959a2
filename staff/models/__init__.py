"""Accounts, the audit log, invitations and login throttling."""

from staff.models.accounts import Account
from staff.models.audit import AuditEntry
from staff.models.invitations import Invitation
from staff.models.sign_in_attempts import SignInAttempt

__all__ = ["Account", "Invitation", "AuditEntry", "SignInAttempt"]
