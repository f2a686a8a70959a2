"""News by email: one mailing, from its first words to the last message."""

import logging
import uuid
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from translated_fields import TranslatedField

from pledges.cases.models import States, Step, Steps
from pledges.follows.models import Follow, demand_titles
from pledges.languages import LANGUAGE_CODES, in_both_languages
from pledges.mail import content
from pledges.mail.models import Message
from pledges.places.models import County
from pledges.published.models import SMALLEST
from pledges.sectors.models import Sector
from pledges.serving.snapshot import Part
from pledges.supporters.models import Pledge
from staff.accounts.models import account_field

logger = logging.getLogger(__name__)

# Queueing: at most WINDOW messages of a mailing wait for their first attempt, so cancelling a mailing to a million people
# changes few rows. A unique constraint allows one message for each mailing and pledge, so queueing is idempotent.
# Messages of one mailing that wait for their first attempt, and for a further one. Mailboxes that are full or refuse for a while
# must not keep the others from their message. With more than RETRIES it is not the mailboxes: the next ones wait too.
WINDOW, RETRIES = 300, 30_000
# What `reached` is once all recipients are queued: the highest id.
LAST = uuid.UUID(int=2**128 - 1)
STUCK_AFTER = timedelta(minutes=15)


class MailingQuerySet(models.QuerySet):
    def for_staff(self, writer):
        """Those that wait for a member of staff: for a second person, for the end of a pause, sent back to this `writer`."""
        state = self.model.State
        returned = Q(state=state.DRAFT, writers__contains=[writer.pk]) & ~Q(note="")
        return self.filter(returned | Q(state__in=[state.READY, state.PAUSED]))

    def archived(self):
        """Those that the public can read, the newest first."""
        return self.filter(is_archived=True, released_at__isnull=False).order_by("-released_at", "-pk")

    def fill_queue(self):
        """Queue the next messages of each mailing that is being sent; returns how many. Several workers may call it.

        One that fails does not stop the others; its error is raised at the end.
        """
        queued, failed = 0, None
        sending = self.filter(state=self.model.State.SENDING).order_by("released_at", "pk")
        for pk in sending.values_list("pk", flat=True):
            try:
                queued += self._queue_next(pk)
            except Exception as error:
                logger.error("mailing %s: %s", pk, type(error).__name__)
                failed = error
        if failed:
            raise failed
        return queued

    def stuck(self):
        """Mailings that were released more than STUCK_AFTER ago, are still being sent, and have no queued message."""
        sending = self.filter(state=self.model.State.SENDING, released_at__lt=Now() - STUCK_AFTER)
        queued = Message.objects.queued().filter(mailing=OuterRef("pk"))
        return sending.exclude(Exists(queued))

    def cancel_unfinished(self):
        """Cancel what is being sent, after a restore: people who got one after the backup would get it again."""
        for mailing in self.filter(state__in=[self.model.State.SENDING, self.model.State.PAUSED]):
            mailing.cancel()

    @transaction.atomic
    def _queue_next(self, pk):
        """Queue the next messages of one mailing, unless another worker does; returns how many.

        Ends the mailing once no message waits any more. Until then it can be paused and cancelled.
        """
        rows = self.model.objects.filter(pk=pk, state=self.model.State.SENDING)
        # No key lock: the messages refer to the row.
        mailing = rows.select_for_update(skip_locked=True, no_key=True).first()
        if mailing is None:
            return 0
        queued = mailing.messages.queued()
        waiting = queued.aggregate(new=Count("pk", filter=Q(attempts=0)), all=Count("pk"))
        if mailing.reached == LAST:
            if not waiting["all"]:
                rows.update(state=self.model.State.DONE, ended_at=Now())
            return 0
        room = WINDOW - waiting["new"]
        if room <= 0 or waiting["all"] - waiting["new"] >= RETRIES:
            return 0
        recipients = mailing.recipients().order_by("pk").only("language")
        left = recipients.filter(pk__gt=mailing.reached) if mailing.reached else recipients
        found = list(left[:room])
        made = Message.queue_many(Message.Kind.NEWS, found, joins=False, mailing=pk)
        # With LAST no later call searches again: the search would read all pledges after the last recipient.
        rows.update(reached=LAST if len(found) < room else found[-1].pk)
        return len(made)


# {audience: why someone gets it}
REASONS = {
    "news": _("You get this email because you asked for news about the movement."),
    "demand": _("You get this email because you follow the demand “%(demand)s”."),
    "county": _("You get this email because you follow what happens in the county of %(county)s."),
}
STATES = States(
    empty_texts=["note"],
    # `note`: what the writer should change, from the second person who sent it back.
    draft="note?",
    ready="",
    sending="released_at reached?",
    paused="released_at reached?",
    done="released_at ended_at reached?",
    cancelled="released_at ended_at reached?",
)


class Mailing(Steps):
    """News by email to those who follow something: its words, its recipients, and how far it is sent."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("news by email", "draft")
        READY = "ready", pgettext_lazy("news by email", "is waiting for a second person")
        SENDING = "sending", pgettext_lazy("news by email", "being sent")
        PAUSED = "paused", pgettext_lazy("news by email", "paused")
        DONE = "done", pgettext_lazy("news by email", "sent")
        CANCELLED = "cancelled", pgettext_lazy("news by email", "cancelled")

    class Audience(models.TextChoices):
        NEWS = "news", _("everyone who asked for news")
        SECTOR = "sector", _("those of one group who asked for news")
        DEMAND = "demand", _("those who follow a demand")
        COUNTY = "county", _("those who follow a county")

    STATES = STATES
    STEPS = {
        "submit": Step(
            _("Ask a second person to release it"),
            (State.DRAFT,),
            State.READY,
            permission="pledges.change_mailing",
            done=_("It is now waiting for a second person. They see it on their front page."),
            in_history=_("asked a second person to release the news email “%(name)s”"),
            is_main=True,
        ),
        "release": Step(
            _("Release and send"),
            (State.READY,),
            State.SENDING,
            done=_("It has been released. The first emails are going out now."),
            in_history=_("released the news email “%(name)s”"),
            warns=(
                _("Each of them gets one email, in the language that they chose for our emails."),
                _("You can pause or cancel it while it is being sent. You cannot undo what has been sent."),
            ),
            is_main=True,
        ),
        "take_back": Step(
            _("Send back to the writer"),
            (State.READY,),
            State.DRAFT,
            done=_("It is a draft again, and can be changed."),
            in_history=_("made the news email “%(name)s” a draft again"),
        ),
        "pause": Step(
            pgettext_lazy("news by email", "Pause"),
            (State.SENDING,),
            State.PAUSED,
            done=_("It has been paused. A few emails that are already on their way will still arrive."),
            in_history=_("paused the news email “%(name)s”"),
        ),
        "resume": Step(
            pgettext_lazy("news by email", "Resume"),
            (State.PAUSED,),
            State.SENDING,
            done=_("Sending has resumed."),
            in_history=_("resumed the news email “%(name)s”"),
            is_main=True,
        ),
        "cancel": Step(
            pgettext_lazy("news by email", "Cancel"),
            (State.SENDING, State.PAUSED),
            State.CANCELLED,
            done=_("It has been cancelled. No more emails will go out."),
            in_history=_("cancelled the news email “%(name)s”"),
            warns=(_("Those who have not got it yet will not get it. You cannot undo this."),),
        ),
        "hide": Step(
            _("Take it off our site"),
            (State.SENDING, State.PAUSED, State.DONE, State.CANCELLED),
            done=_("Visitors no longer see it on our site."),
            in_history=_("took the news email “%(name)s” off the site"),
        ),
        "show": Step(
            _("Show it on our site again"),
            (State.SENDING, State.PAUSED, State.DONE, State.CANCELLED),
            done=_("Visitors see it on our site again."),
            in_history=_("showed the news email “%(name)s” on the site again"),
        ),
    }

    subject = in_both_languages(
        _("subject"),
        _("Shown in the inbox, where other people may see it. Keep it neutral, for example “News from We are 1”."),
        max_length=70,
        blank=True,
    )
    text = in_both_languages(
        _("text"),
        _(
            "Plain text; an empty line begins a paragraph. A full address becomes a link, for example "
            "https://example.org/report."
        ),
        models.TextField,
        max_length=6000,
        blank=True,
    )
    button = in_both_languages(
        _("button"),
        _("The words on a button below the text, for example “Read the report”. Leave empty for no button."),
        max_length=60,
        blank=True,
    )
    link = in_both_languages(
        _("where the button leads"),
        _("The full address of the page in this language, for example https://example.org/report."),
        max_length=300,
        blank=True,
        validators=[URLValidator(["https", "http"])],
    )
    audience = models.CharField(_("recipients"), max_length=6, choices=Audience, default=Audience.NEWS)
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    # The key of a demand, which an app above has.
    demand = models.CharField(_("demand"), max_length=50, blank=True, default="")
    # The title of the demand at the last save: the text that the second person has read.
    demand_title = TranslatedField(models.CharField(max_length=120, blank=True, default="", editable=False))
    county = models.ForeignKey(
        County, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    # Ids of all accounts that wrote any of it, which outlive the accounts. None of them may release it.
    writers = ArrayField(models.BigIntegerField(), default=list, editable=False)
    written_by = account_field(verbose_name=_("last changed by"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)
    note = models.TextField(_("note"), max_length=2000, default="", db_default="", editable=False)
    released_by = account_field(verbose_name=_("released by"))
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    ended_at = models.DateTimeField(pgettext_lazy("news by email", "ended"), null=True, editable=False)
    # How many recipients it had when it was released.
    people = models.PositiveIntegerField(null=True, editable=False)
    # The last pledge that was queued; they are queued in the order of their ids.
    reached = models.UUIDField(null=True, editable=False)
    is_archived = models.BooleanField(
        _("on our site"),
        default=True,
        db_default=True,
        help_text=_("If this is off, visitors cannot read it among the news, for example after a mistake."),
    )

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("news email")
        verbose_name_plural = _("news by email")
        ordering = ["-pk"]
        permissions = [("release_mailing", _("Can release news by email"))]
        constraints = [
            models.CheckConstraint(
                name="mailing_audience_is_named",
                condition=Q(audience="news", sector=None, demand="", county=None)
                | Q(audience="sector", sector__isnull=False, demand="", county=None)
                | (Q(audience="demand", sector=None, county=None) & ~Q(demand=""))
                | Q(audience="county", sector=None, demand="", county__isnull=False),
                violation_error_message=_("Choose the group, demand or county of the recipients."),
            ),
            models.CheckConstraint(
                name="mailing_ready_in_both_languages",
                condition=Q(state="draft") | ~Q(subject_sq="") & ~Q(subject_en="") & ~Q(text_sq="") & ~Q(text_en=""),
                violation_error_message=_("Fill in subject and text in both languages first."),
            ),
            models.CheckConstraint(
                name="mailing_button_in_both_languages",
                condition=Q(button_sq="", button_en="", link_sq="", link_en="")
                | ~Q(button_sq="") & ~Q(button_en="") & ~Q(link_sq="") & ~Q(link_en=""),
                violation_error_message=_(
                    "Fill in the button and its address in both languages, or leave all four empty."
                ),
            ),
            STATES.constraint("mailing_state_and_times"),
            models.CheckConstraint(
                name="mailing_released_by_another",
                condition=Q(released_by=None) | ~Q(writers__contains=[F("released_by")]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["released_at"], name="mailing_unfinished", condition=Q(state__in=["sending", "paused"])
            ),
        ]

    def __str__(self):
        return self.subject or str(_("without a subject"))

    def save(self, **kwargs):
        self._take_title()
        super().save(**kwargs)

    def get_absolute_url(self):
        return reverse("pledges:mailing", args=[self.pk])

    def clean(self):
        """Clear the group, demand and county of other audiences; raise ValidationError if that of this audience is missing."""
        # A form may still send the group, demand or county of an earlier choice. It is cleared and not refused.
        for name, empty in (("sector", None), ("demand", ""), ("county", None)):
            if self.audience != name:
                setattr(self, name, empty)
            elif not getattr(self, name):
                raise ValidationError({name: _("Choose one: it decides who gets it.")})
        self._take_title()

    def _take_title(self):
        """Set the present title of its demand, or leave the last one that the demand had on the site."""
        if self.audience == self.Audience.DEMAND and self.released_at is None:
            for language, title in demand_titles(self.demand).items():
                setattr(self, f"demand_title_{language}", title)

    def words(self, language):
        with translation.override(language):
            path = reverse("pledges:mailing", args=[self.pk or 0])
            return content.NewsWords(
                **{name: getattr(self, f"{name}_{language}") for name in ("subject", "text", "button", "link")},
                archive_url=f"{settings.SITE_URL}{path}",
                reason=self.reason,
            )

    @property
    def reason(self):
        """Why someone gets it, in the active language."""
        return str(REASONS.get(self.audience, REASONS["news"])) % {self.audience: self.followed}

    @property
    def is_complete(self):
        return all(getattr(self, f"{name}_{language}") for name in ("subject", "text") for language in LANGUAGE_CODES)

    # Recipients

    def followers(self):
        """The pledges that follow what it is about: confirmed, and with an address that we may write to."""
        everyone = Pledge.objects.confirmed().with_person().filter(restricted_at=None)
        match self.audience:
            case self.Audience.DEMAND | self.Audience.COUNTY:
                followed = Follow.objects.filter(pledge=OuterRef("pk"))
                return everyone.filter(Exists(followed.filter(**{self.audience: self.demand or self.county_id})))
            case self.Audience.SECTOR:
                return everyone.filter(updates=True, sector=self.sector_id)
        return everyone.filter(updates=True)

    def recipients(self):
        """Its followers; of two at one mailbox who read the same language only the first."""
        chosen = self.followers()
        first = chosen.filter(language=OuterRef("language"), slot=1)
        return chosen.filter(Q(slot=1) | ~Exists(first.filter(address_digest=OuterRef("address_digest"))))

    def recipients_in_tens(self):
        """About how many recipients, for staff, 0 for few: else an editor could watch one person begin to follow something."""
        people = self.recipients().count()
        return people - people % 10 if people >= SMALLEST else 0

    @property
    def followed(self):
        """What its recipients follow, in the active language; "" for the news itself."""
        row = {self.Audience.SECTOR: self.sector, self.Audience.COUNTY: self.county}.get(self.audience)
        return self.demand_title if self.audience == self.Audience.DEMAND else row.name if row else ""

    # Transitions. Each is one transaction, and returns whether this call made it.

    def submit(self):
        return self.take("submit")

    def take_back(self, note=""):
        """Make it a draft again, which can be changed. `note` says what its writer should change."""
        return self.take("take_back", note=note)

    def release(self, user, changed_at):
        """Send it as it was at `changed_at`, the version that `user` has read, unless `user` wrote any of it."""
        rows = type(self).objects.filter(changed_at=changed_at).exclude(writers__contains=[user.pk])
        return self.take("release", rows, released_by=user, people=self.recipients().count())

    def pause(self):
        """Stop sending for now. Messages that a sender has claimed, some dozens at most, still go out."""
        return self.take("pause")

    def resume(self):
        """Continue after a pause. Waiting messages become due now, so that the pause does not count as a delay."""
        with transaction.atomic():
            if not self.take("resume"):
                return False
            self.messages.queued().filter(due_at__lt=Now()).update(due_at=Now(), queued_at=Now())
        return True

    def cancel(self):
        """Send it to no more people. If no person has got it, the public does not see it either."""
        with transaction.atomic():
            if not self.take("cancel"):
                return False
            # Those that a sender has claimed are dropped right before sending.
            self.messages.queued().filter(Q(leased_until=None) | Q(leased_until__lte=Now())).delete()
            if not self.has_gone_out():
                type(self).objects.filter(pk=self.pk).update(is_archived=False)
        return True

    def show(self, is_archived=True):
        """Let visitors read it, once it is released."""
        rows = type(self).objects.filter(pk=self.pk, is_archived=not is_archived, released_at__isnull=False)
        return bool(rows.update(is_archived=is_archived))

    def hide(self):
        return self.show(is_archived=False)

    # Figures

    def figures(self):
        """{"sent", "given_up", "returned", "spam", "unsubscribed", "waiting"}: numbers of messages, and of people it has lost.

        Those that came back are among "sent" or "given_up". Those of erased messages are in MailingCount.
        """
        counts = self.counts.values_list("kind").annotate(Sum("n"))
        counted = Counter(dict(counts.order_by()))
        state = Message.State
        found = Counter(dict(self.messages.order_by().values_list("state").annotate(n=Count("*"))))
        return {
            "sent": sum(found[each] for each in (state.SENT, *Message.RETURNED)) + counted["sent"],
            "given_up": found[state.FAILING] + found[state.REFUSED],
            "returned": sum(found[each] for each in Message.UNDELIVERED) + counted["returned"],
            "spam": found[state.SPAM] + counted["spam"],
            "waiting": found[state.QUEUED],
            "unsubscribed": counted["unsubscribed"],
        }

    def has_gone_out(self):
        erased = self.counts.filter(kind=MailingCount.Kind.SENT)
        return self.messages.filter(sent_at__isnull=False).exists() or erased.exists()


class MailingCount(models.Model):
    """`n` erased messages of a mailing with one result, or `n` people who ended the news through it. Rows are only added.

    A trigger (migrations/sql/mailings.sql) counts erased messages. No row names a person. A counter in the mailing itself would
    make withdrawals wait for the sender.
    """

    class Kind(models.TextChoices):
        SENT = "sent"
        RETURNED = "returned"
        SPAM = "spam"
        UNSUBSCRIBED = "unsubscribed"

    mailing = models.ForeignKey("pledges.Mailing", on_delete=models.CASCADE, related_name="counts")
    kind = models.CharField(max_length=12, choices=Kind)
    n = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()


class MailingContent(Part):
    """The news by email that visitors can read, the newest first, in the published content."""

    @classmethod
    def rows(cls):
        """The id is enough: released words stay. Sending changes other columns often."""
        return ["SELECT 'mailing ' || id FROM pledges_mailing WHERE is_archived AND released_at IS NOT NULL"]

    def __init__(self, at):
        super().__init__(at)
        self.mailings = tuple(Mailing.objects.archived().select_related("sector", "county"))
