"""Models of the pledges app, which Django looks for here."""

from pledges.backups.models import Backup, Tombstone
from pledges.commitments.models import ChosenCommitment, FollowUp
from pledges.counting.models import Count
from pledges.crypto.models import Rotation, Unreadable
from pledges.enquiries.alarm import AlarmWord
from pledges.enquiries.models import Answer, Disclosure, Enquiry, ReadyAnswer
from pledges.events.models import Event, EventCount
from pledges.exports.models import Export
from pledges.follows.models import Follow
from pledges.goals.models import Goal, Milestone
from pledges.groups.models import GroupPledge
from pledges.inbox.models import Submission
from pledges.joinings.models import Joining, OrganisationKind
from pledges.limits.models import Attempt, SlowLane, UsedChallenge
from pledges.mail.mailboxes import BlockedAddress, MessageGrant, ReturnedMailbox
from pledges.mail.mailers import Mailer
from pledges.mail.models import Message
from pledges.mail.texts import MessageText
from pledges.mailings.models import Mailing, MailingCount
from pledges.paper.models import PaperSheet
from pledges.places.models import County, Municipality
from pledges.published.models import PublishedFigure
from pledges.requests.models import DataRequest
from pledges.sectors.models import Commitment, Sector, Wording
from pledges.settings.models import PledgingSettings
from pledges.starter import StarterItem
from pledges.statistics.models import FallenProvider
from pledges.supporters.batches import Batch
from pledges.supporters.models import Pledge, ReferralLink
from pledges.voices.models import VoiceOwner
from pledges.wall.models import RefusedWord, WallName
from pledges.worker.models import FailedStep, Heartbeat
