"""Models of the staff app, which Django looks for here."""

from staff.accounts.invitations import Invitation
from staff.accounts.models import Account
from staff.accounts.sign_in_attempts import SignInAttempt
from staff.audit.models import Entry
from staff.drafts.models import Draft, Draftable, DraftMail, PublishingSettings
from staff.presence.models import Presence
