"""Organisations with the movement: founders, patrons, donors, partners, and those that joined by the form."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import models, transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign.content import SiteContent
from campaign.pictures import files, logos
from campaign.publishing.models import ContentItem
from pledges import addresses
from pledges.groups.models import institution_key
from pledges.languages import in_both_languages
from pledges.models import County, Joining, Municipality, OrganisationKind
from pledges.places.models import albanian_sort_key
from staff.drafts.models import Draft, LiveManager, check_live
from staff.spelling import free_name

# An entry is renewed once a year. Its contact is asked ASKED_BEFORE before the year ends; a lapsed one is shown as such for
# SHOWN_LAPSED, and then hidden.
YEAR = timedelta(days=365)
ASKED_BEFORE = timedelta(days=30)
SHOWN_LAPSED = timedelta(days=90)
# Entries on a page of the list: with their logos they weigh less than 250 kB on a phone.
PER_PAGE = 120


class OrganisationQuerySet(models.QuerySet):
    def admitted(self):
        """Those of staff, and those whose joining is approved."""
        return self.filter(Q(joining=None) | Q(joining__state=Joining.State.APPROVED))

    def due_to_be_asked(self):
        """Those whose contact is to be asked whether to renew."""
        asked = {"joining__state": Joining.State.APPROVED, "joining__asked_at": None, "joining__restricted_at": None}
        return self.filter(renewed_at__lte=Now() - (YEAR - ASKED_BEFORE), **asked)

    def over(self):
        """Those that were not renewed and whose contact is still known."""
        rows = self.filter(joining__state=Joining.State.APPROVED, joining__restricted_at=None)
        return rows.filter(renewed_at__lte=Now() - (YEAR + SHOWN_LAPSED))

    @transaction.atomic
    def admit(self, joining, texts, entry=None):
        """Approve a joining and show its entry: `entry`, that of before, or a new one; returns it.

        None if it was decided, or `entry` given to another joining, meanwhile. A joining that hands the entry over
        ends. `texts` are the statements, in both languages or empty.
        """
        before = None
        if entry is not None:
            # In the order of `renew`: first the joining.
            before = (
                Joining.objects.select_for_update(of=("self",))
                .filter(entry=entry, state=Joining.State.APPROVED)
                .first()
            )
            if before and before.hands_over_at is None:
                return None
            entry = self.model.objects.originals().select_for_update(of=("self",)).get(pk=entry.pk)
        if not joining.approve(**texts):
            return None
        entry = entry or self.model.objects.originals().filter(joining=joining).first()
        if entry is None:
            last = self.aggregate(last=Max("position"))["last"] or 0
            entry = self.model(
                key=free_name(self.model.objects.everything(), "key", joining.organisation), position=last
            )
            entry.name_sq = entry.name_en = joining.organisation
        entry.joining, entry.renewed_at = joining, Now()
        entry.kind, entry.municipality = joining.kind, joining.municipality
        entry.is_abroad = joining.municipality is None
        entry.take_words(joining, texts)
        entry.publish(entry.draft)
        entry.refresh_from_db()
        if before:
            before.end()
        return entry

    @transaction.atomic
    def correct(self, joining, texts):
        """Show what the contact corrected, with these texts as those of `admit`; returns whether this call did."""
        entry = self.model.objects.originals().filter(joining=joining).first()
        if entry is None or not joining.keep(**texts):
            return False
        entry.take_words(joining, texts)
        entry.save()
        # Of an entry that was taken down, a form that was opened before is told.
        Draft.objects.filter(pk=entry.draft_id).update(version=F("version") + 1)
        return True


class Organisation(ContentItem):
    """One organisation. Signers are never counted by organisation."""

    class Role(models.TextChoices):
        FOUNDER = "founder", _("founder")
        PATRON = "patron", _("patron")
        DONOR = "donor", _("donor")
        PARTNER = "partner", _("partner")
        SUPPORTER = "supporter", _("supporter")

    role = models.CharField(
        _("role"),
        max_length=9,
        choices=Role,
        default=Role.SUPPORTER,
        help_text=_("Founders appear first. The role of a patron, a donor or a partner is shown under the name."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=OrganisationKind,
        default=OrganisationKind.OTHER,
        help_text=_("Shown under the name. Visitors filter the list by it."),
    )
    name = in_both_languages(_("name"), _("As the organisation writes it, such as “Barnahus Albania”."), max_length=120)
    text = in_both_languages(
        _("text"),
        _(
            "Say in one or two sentences what the organisation does for the movement, or why it joined, for "
            "example “We train teachers in every county”."
        ),
        max_length=300,
        blank=True,
    )
    url = models.URLField(
        _("address on the web"), blank=True, help_text=_("With https:// in front, such as https://www.crca.al.")
    )
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Where its main office is. Leave empty if it works in the whole country."),
    )
    is_abroad = models.BooleanField(
        _("outside Albania"),
        default=False,
        help_text=_("Tick this if its main office is abroad. Then choose no municipality."),
    )
    renewed_at = models.DateTimeField(
        _("renewed"),
        null=True,
        blank=True,
        help_text=_(
            "An entry lapses a year after this, and is hidden 90 days later. Leave empty for an organisation that does "
            "not have to renew, such as a founder."
        ),
    )
    # The folder of its logo; see campaign/pictures/logos.py. One that staff have not looked at is in the joining.
    logo = models.CharField(max_length=24, blank=True, editable=False)
    # Null for an entry of staff.
    joining = models.OneToOneField(Joining, on_delete=models.PROTECT, null=True, related_name="entry", editable=False)

    # A draft has a logo of its own.
    also_drafted = ("logo",)
    at_once = ("renewed_at",)

    objects = LiveManager.from_queryset(OrganisationQuerySet)()

    class Meta(ContentItem.Meta):
        abstract = False
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            *ContentItem.Meta.constraints,
            check_live(
                "organisation_is_in_one_place",
                Q(is_abroad=False) | Q(municipality=None),
                _("Choose a municipality or tick “outside Albania”, not both."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def lapses_at(self):
        """When it lapses unless it is renewed, or None."""
        return self.renewed_at and self.renewed_at + YEAR

    @property
    def hidden_at(self):
        """When it is hidden unless it is renewed, or None."""
        return self.renewed_at and self.lapses_at + SHOWN_LAPSED

    @property
    def can_renew(self):
        """Whether its contact may renew it now."""
        return self.renewed_at is not None and timezone.now() >= self.lapses_at - ASKED_BEFORE

    @property
    def is_on_page(self):
        """Whether visitors see it: it is published, and not hidden because it was not renewed."""
        return self.draft_id is None and (self.renewed_at is None or timezone.now() < self.hidden_at)

    @property
    def anchor(self):
        """The id of its entry on the public page."""
        return f"entry-{self.key}"

    @property
    def place(self):
        """The municipality, "outside Albania", or "" for the whole country."""
        return str(self.municipality or "") or (str(_("Outside Albania")) if self.is_abroad else "")

    @property
    def county(self):
        """The code of its county, or "" for the whole country."""
        if self.municipality:
            return self.municipality.county_id
        return County.ABROAD if self.is_abroad else ""

    @property
    def logo_urls(self):
        """{width: URL} of the logo that is shown; empty without one."""
        return logos.urls(self.logo)

    def is_like(self, joining):
        """Whether it may be the organisation of this joining."""
        site = addresses.site_of(urlsplit(self.url).hostname or "")
        return any(joining.is_like(institution_key(name), site) for name in {self.name_sq, self.name_en})

    def renew(self):
        """Renew it for a year from now."""
        with transaction.atomic():
            # In the order of `admit`: first the joining.
            Joining.objects.filter(pk=self.joining_id).update(asked_at=None)
            type(self).objects.change_at_once([self.pk], renewed_at=Now())

    def leave(self):
        """Remove it from the page permanently and end its joining; returns whether this call ended it."""
        sent, has_ended = self.joining.logo, self.joining.end()
        files.delete_unused(sent)
        return has_ended

    def lapse(self):
        """Leave, unless it was renewed meanwhile; returns whether this call did."""
        with transaction.atomic():
            # `renew` waits for this lock.
            Joining.objects.select_for_update().filter(pk=self.joining_id).first()
            return type(self).objects.originals().over().filter(pk=self.pk).exists() and self.leave()

    def take_words(self, joining, texts):
        """Take address and logo of a joining, and these statements. Saves nothing."""
        self.url, self.logo = joining.url, joining.logo or self.logo
        self.text_sq, self.text_en = texts["statement_sq"], texts["statement_en"]

    def save(self, **kwargs):
        """Save, and delete the logo that another one has replaced, on commit. A draft that still has it gets the new one."""
        old = type(self)._base_manager.filter(pk=self.pk).values_list("logo", flat=True).first()
        super().save(**kwargs)
        if old is not None and old != self.logo:
            type(self)._base_manager.filter(draft_of=self.pk, logo=old).update(logo=self.logo)
            files.delete_unused(old)


@receiver(post_delete, sender=Organisation)
def forget(sender, instance, **kwargs):
    """Delete the logos of a deleted organisation on commit. Its joining waits for a decision again: nothing else would end it."""
    if instance.joining is not None and instance.joining.state == Joining.State.APPROVED:
        instance.joining.undo()
    files.delete_unused(instance.logo)


@SiteContent.share
def organisations(content):
    """The organisations to show: staff order first, then by name. `is_lapsed` is set by the time of the content."""
    shown = []
    rows = Organisation.objects.admitted().select_related("municipality__county")
    for row in sorted(rows, key=lambda row: (row.position, albanian_sort_key(row.name_sq))):
        if row.renewed_at:
            content.times += [row.lapses_at, row.hidden_at]
        row.is_lapsed = bool(row.renewed_at and row.lapses_at <= content.at)
        if not (row.renewed_at and row.hidden_at <= content.at):
            shown.append(row)
    return tuple(shown)


@SiteContent.share
def partners(content):
    """The organisations behind the movement: all but those that only support it."""
    return tuple(row for row in content.organisations if row.role != Organisation.Role.SUPPORTER)
