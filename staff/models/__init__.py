"""Accounts, the audit log, drafts, invitations and login throttling."""

from staff.models.accounts import Account
from staff.models.audit import AuditEntry
from staff.models.drafts import Draft, DraftFile, PublishingSettings
from staff.models.history import HistoryEntry
from staff.models.invitations import Invitation
from staff.models.sign_in_attempts import SignInAttempt
