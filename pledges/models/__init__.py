"""Models of the pledges app, one module per concept."""

from pledges.models.acting import ActingChange, ActingWeek
from pledges.models.addresses import BlockedAddress, ProviderRule
from pledges.models.alarm_words import AlarmWord
from pledges.models.attempts import Attempt, SlowLane
from pledges.models.backups import Backup, OutboxEntry
from pledges.models.batches import Batch, BatchRow
from pledges.models.challenges import UsedChallenge
from pledges.models.commitment_figures import CommitmentFigures
from pledges.models.commitments import ChosenCommitment, FollowUp
from pledges.models.content_version import ContentChange, ContentVersion
from pledges.models.data_requests import DataRequest
from pledges.models.enquiries import Answer, Disclosure, Enquiry
from pledges.models.events import Event, EventCount, EventFigures
from pledges.models.exports import Export
from pledges.models.follows import Follow
from pledges.models.funnel import FallenProvider, FunnelChange, FunnelDay, FunnelKind
from pledges.models.goals import Goal
from pledges.models.grants import MessageGrant
from pledges.models.groups import GroupPledge
from pledges.models.heartbeat import FailedStep, Heartbeat
from pledges.models.joinings import Joining, OrganisationKind
from pledges.models.mail_delay import MailDelay
from pledges.models.mailers import Mailer, MailerMinute
from pledges.models.mailings import Mailing, MailingCount
from pledges.models.message_texts import MessageText
from pledges.models.messages import Message
from pledges.models.milestones import Milestone
from pledges.models.minutes import Minute
from pledges.models.paper import PaperSheet
from pledges.models.places import County, Municipality
from pledges.models.pledges import Pledge
from pledges.models.published_state import PublishedCounty, PublishedState
from pledges.models.ready_answers import ReadyAnswer
from pledges.models.referrals import ReferralLink
from pledges.models.registered_keys import RegisteredKey
from pledges.models.returned_mailboxes import ReturnedMailbox
from pledges.models.sectors import Commitment, Sector
from pledges.models.settings import PledgingSettings
from pledges.models.starter import StarterItem
from pledges.models.submissions import Submission
from pledges.models.tally import (
    CountyRound,
    TallyCell,
    TallyCounty,
    TallyDate,
    TallyDay,
    TallyDelta,
    TallyHour,
    TallyVersion,
    Way,
)
from pledges.models.trial_messages import TrialMessage
from pledges.models.unreadable import Unreadable
from pledges.models.voices import VoiceOwner
from pledges.models.wall import RefusedWord, WallName
from pledges.models.weeks import Week, WeekChange
from pledges.models.wordings import Wording
