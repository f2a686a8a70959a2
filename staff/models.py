"""Models of the staff app, which Django looks for here."""

from staff.accounts.cache import CacheEntry
from staff.accounts.models import Account, Invitation, Presence
from staff.audit.models import Entry
from staff.drafts.models import Draft, Draftable, DraftMail
