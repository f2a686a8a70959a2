"""Models of the staff app, which Django looks for here."""

from staff.accounts.cache import CacheEntry
from staff.accounts.invitations import Invitation
from staff.accounts.models import Account
from staff.audit.models import Entry
from staff.drafts.models import Draft, Draftable, DraftMail
from staff.presence.models import Presence
