"""The owners of voices that were given to us: address, approval, and the end of both."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from pledges.cases.models import ERASED, HAS_CONTACT, Case, CaseQuerySet
from pledges.mail.models import Message

# A consent ends two years after its day, leap day included.
LONGEST_CONSENT = timedelta(days=731)
# Staff are reminded this long before a consent ends.
REMINDED_BEFORE = timedelta(days=30)
# A voice whose consent has ended is hidden at once, and removed after this time.
ENDED_PERIOD = timedelta(days=30)
# The days of a removed voice, without words and address, show for this time that we removed it.
REMOVED_PERIOD = timedelta(days=365)


class How(models.TextChoices):
    WRITING = "writing", _("in writing")
    MAIL = "mail", _("by email")
    RECORDED = "recorded", _("in a recording")


class Scope(models.TextChoices):
    """Where the person lets us use a voice or a picture. Each one includes those before."""

    SITE = "site", _("on this site")
    SOCIAL = "social", _("on this site and on social media")
    PRINT = "print", _("on this site, on social media and in print")


class VoiceOwnerQuerySet(CaseQuerySet):
    def present(self):
        return self.filter(removed_at=None)

    def expired(self):
        """Those whose voice was removed so long ago that the record is not needed any more."""
        return self.filter(removed_at__lte=Now() - REMOVED_PERIOD)


class VoiceOwner(Case):
    """The person who gave us a voice. The voice itself is `campaign.Voice`, which goes with the address of its owner.

    What the owner approved is known by its fingerprint: after any change of the voice it is not approved.
    """

    TABLE = "voice"

    asked_at = models.DateTimeField(_("preview sent"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    # `campaign.Voice.fingerprint` of what the owner approved.
    approved_fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, editable=False)

    objects = VoiceOwnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("person quoted")
        verbose_name_plural = _("people quoted")
        # Staff meet it on the page of the voice.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="voiceowner_contact_or_removed",
                condition=HAS_CONTACT & Q(removed_at=None)
                | Q(**ERASED, approved_fingerprint="") & Q(removed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="voiceowner_approved_with_a_time",
                condition=Q(approved_fingerprint="") | Q(asked_at__isnull=False, approved_at__isnull=False),
            ),
        ]

    def described(self):
        """What the voice says, for the copy of the owner's data."""
        # `campaign` has the voice. Once it is removed there is none.
        voice = getattr(self, "voice", None)
        if voice is not None:
            yield f"{voice.person}: {voice.text}"

    def set_address(self, address):
        """Set the address. The name is empty: the voice has it, for everyone. Does not save."""
        self.set_person("", address)

    # Each of these returns whether this call changed it.

    def move(self, address, language):
        """Give it another address: the approval and the links of the old one end, and messages that wait."""
        self.set_address(address)
        columns = {column: getattr(self, column) for column in ERASED}
        rows = type(self).objects.present().filter(pk=self.pk)
        self.messages.queued().delete()
        return bool(
            rows.update(
                **columns,
                language=language,
                link_version=F("link_version") + 1,
                asked_at=None,
                approved_at=None,
                approved_fingerprint="",
            )
        )

    def ask(self):
        changed = bool(type(self).objects.present().filter(pk=self.pk, restricted_at=None).update(asked_at=Now()))
        if changed:
            Message.queue(Message.Kind.VOICE, self)
        return changed

    def approve(self, fingerprint):
        """Note that the owner agrees to the voice with this fingerprint."""
        rows = type(self).objects.present().filter(pk=self.pk, asked_at__isnull=False)
        return bool(rows.update(approved_at=Now(), approved_fingerprint=fingerprint))

    def remove(self):
        """Remove the voice permanently. Triggers erase its words, versions and drafts, and the messages with it."""
        rows = type(self).objects.present().filter(pk=self.pk)
        return bool(rows.update(removed_at=Now(), approved_fingerprint="", **ERASED))
