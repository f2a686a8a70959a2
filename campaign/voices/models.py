"""Voices: quotations of people who support the movement, from a public source or given to us with a consent that ends."""

import hashlib
import json

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.publishing.models import ContentItem
from pledges.languages import in_both_languages
from pledges.models import VoiceOwner
from pledges.voices.models import ENDED_PERIOD, LONGEST_CONSENT, REMINDED_BEFORE, How, Scope
from staff.drafts.models import LiveManager, check_live

# What an owner approves: a change of any of it ends the approval.
APPROVED = "text_sq text_en person role_sq role_en source scope date ends_on is_paraphrased".split()


class VoiceQuerySet(models.QuerySet):
    def public(self, day):
        """[row] of those that the public sees on this day of Tirana: from a public source, or approved as they are."""
        not_ended = Q(owner__restricted_at=None, ends_on__gte=day)
        rows = self.filter(Q(kind=Voice.Kind.PUBLIC) | not_ended).select_related("owner")
        return [row for row in rows if row.is_approved or not row.is_given]

    def due(self):
        """Those whose consent ends soon, or has ended."""
        return self.filter(ends_on__lte=timezone.localdate() + REMINDED_BEFORE)

    def over(self):
        """Those whose consent ended so long ago that they are removed, unless their owner asked that nothing be done."""
        rows = self.filter(ends_on__lt=timezone.localdate() - ENDED_PERIOD)
        return rows.filter(Q(owner=None) | Q(owner__restricted_at=None))


class Voice(ContentItem):
    """A quotation of a person who supports the movement. One that was given to us goes with the consent of its owner."""

    class Kind(models.TextChoices):
        PUBLIC = "public", _("from a public source")
        GIVEN = "given", _("given to us")

    kind = models.CharField(
        _("kind"),
        max_length=6,
        choices=Kind,
        default=Kind.PUBLIC,
        help_text=_(
            "From a public source: someone said it where everyone can read or hear it. Given to us: someone said it to the "
            "movement. The person then sees a preview, and visitors see it only once the person agrees. You cannot change this "
            "later."
        ),
    )
    text = in_both_languages(
        _("text"),
        _(
            "Write what the person said, without quotation marks, for example “I believe every child”. The page "
            "shows that it is a quotation."
        ),
        models.TextField,
        max_length=400,
    )
    person = models.CharField(
        _("person"),
        max_length=80,
        help_text=_(
            "Give the first name and surname, for example “Zana Hoxha”. Never name someone who has suffered violence."
        ),
    )
    role = in_both_languages(_("role"), _("Who the person is, such as “Director of CRCA Albania”."), max_length=160)
    date = models.DateField(_("date"), null=True, help_text=_("The date it was said."))
    source = models.CharField(
        _("source"),
        max_length=160,
        blank=True,
        help_text=_("Where people can read or hear it, for example “crca.al”. Leave empty if it was given to us."),
    )
    is_paraphrased = models.BooleanField(
        _("in our own words"),
        default=False,
        help_text=_("Tick this if it is not an exact quotation. The page will say so."),
    )
    how = models.CharField(
        _("how the person agreed"),
        max_length=8,
        choices=How,
        blank=True,
        help_text=_("Keep the letter, the email or the recording where the team keeps consents, not here."),
    )
    agreed_on = models.DateField(
        _("agreed on"),
        null=True,
        blank=True,
        help_text=_("The day on which the person agreed. If you ask again: the day on which you ask."),
    )
    scope = models.CharField(
        _("where we may use it"),
        max_length=6,
        choices=Scope,
        blank=True,
        help_text=_("Only what the person agreed to. The preview says it too."),
    )
    ends_on = models.DateField(
        _("until"),
        null=True,
        blank=True,
        help_text=_(
            "The last day on which visitors see it, at most two years after the person agreed. A month before, the front page "
            "reminds you; a month after, the voice is removed."
        ),
    )
    is_adult = models.BooleanField(
        _("the person is 18 or older"),
        default=False,
        help_text=_("We take no words from anyone under 18, not even with a parent’s consent."),
    )
    is_no_story = models.BooleanField(
        _("it tells no story of abuse"),
        default=False,
        help_text=_(
            "It does not tell what happened to a child or to a survivor, not even without names: people nearby recognise them."
        ),
    )
    # Null for a public source, and until staff enter the address.
    owner = models.OneToOneField(VoiceOwner, on_delete=models.PROTECT, null=True, related_name="voice", editable=False)

    objects = LiveManager.from_queryset(VoiceQuerySet)()

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        constraints = [
            *ContentItem.Meta.constraints,
            check_live("voice_has_a_date", Q(date__isnull=False)),
            check_live(
                "voice_has_a_source_or_a_consent",
                Q(kind="public", how="", agreed_on=None, scope="", ends_on=None, owner=None) & ~Q(source="")
                | Q(kind="given", agreed_on__isnull=False, ends_on__isnull=False, is_adult=True, is_no_story=True)
                & ~Q(how="")
                & ~Q(scope=""),
            ),
            check_live(
                "voice_consent_ends",
                Q(ends_on=None) | Q(ends_on__gt=F("agreed_on"), ends_on__lte=F("agreed_on") + LONGEST_CONSENT),
                _("The last day must be at most two years after the day of the consent."),
            ),
        ]

    def __str__(self):
        # Logs and the history outlive a voice that its owner removes: they do not name its owner.
        return f"{self._meta.verbose_name} {self.published_pk or ''}".strip() if self.is_given else self.person

    @property
    def is_given(self):
        """Whether someone gave it to us, so that it needs a consent."""
        return self.kind == self.Kind.GIVEN

    @property
    def fingerprint(self):
        """SHA-256 of what an owner approves. No way of writing the row leaves it behind."""
        return hashlib.sha256(json.dumps([str(getattr(self, name)) for name in APPROVED]).encode()).hexdigest()

    @property
    def is_approved(self):
        """Whether its owner agreed to it as it is."""
        return self.owner is not None and self.owner.approved_fingerprint == self.fingerprint

    @property
    def has_ended(self):
        return self.ends_on is not None and self.ends_on < timezone.localdate()

    @property
    def status(self):
        """What the public sees of it, in words."""
        if self.draft_id is not None:
            return _("hidden")
        if not self.is_given:
            return _("shown")
        if self.owner is None:
            return _("needs the address of the person")
        if self.owner.restricted_at:
            return _("hidden: the person asked us not to use it")
        if self.has_ended:
            return _("its consent has ended")
        if self.is_approved:
            return _("shown, with the consent of the person")
        return _("is waiting for the person") if self.owner.asked_at else _("its preview is not sent")

    @transaction.atomic
    def ask(self, address, language):
        """Email the preview to its owner, at this address if one is given; returns whether it is on its way."""
        # Two members of staff at the same moment must not store two owners.
        self.refresh_from_db(from_queryset=Voice.objects.originals().select_for_update())
        if self.owner is None:
            self.owner = VoiceOwner(language=language)
            self.owner.set_address(address)
            self.owner.save(force_insert=True)
            self.save(update_fields=["owner"])
        elif address:
            self.owner.move(address, language)
        else:
            VoiceOwner.objects.filter(pk=self.owner_id).update(language=language)
        self.owner.refresh_from_db()
        return self.owner.ask()

    def remove(self):
        """Remove it permanently with all its versions and drafts. Of its owner only the days stay."""
        if self.owner is None:
            return self.delete()
        return self.owner.remove()


@SiteContent.share
def voices(content):
    """The voices whose consent holds on the day that the content is of."""
    return tuple(Voice.objects.public(content.today))
