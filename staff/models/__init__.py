from staff.models.accounts import Account
from staff.models.invitations import Invitation
from staff.models.records import Record
from staff.models.tries import Try

__all__ = ["Account", "Invitation", "Record", "Try"]
