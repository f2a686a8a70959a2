"""Drafts of live content: the form of a row as somebody typed it, until it is published; and who may publish it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What was only previewed is erased after this time, and links to it end.
TYPED_LIFETIME = timedelta(days=7)
# A draft that was not changed for so long is marked in the list.
OLD_AFTER = timedelta(days=365)


class DraftQuerySet(models.QuerySet):
    def of_rows(self):
        """The drafts that somebody saved: not those that were only previewed."""
        return self.exclude(state=Draft.State.TYPED)

    def due(self):
        """Scheduled drafts whose time has come."""
        return self.filter(state=Draft.State.SCHEDULED, publish_at__lte=Now())

    def expired(self):
        """What was only previewed, TYPED_LIFETIME ago."""
        return self.filter(state=Draft.State.TYPED, changed_at__lte=Now() - TYPED_LIFETIME)


class Draft(models.Model):
    """The change form of one row of content as typed. The row itself stays as it is until the draft is published."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waiting for review")
        RETURNED = "returned", _("returned")
        SCHEDULED = "scheduled", _("scheduled")
        # Never saved as a draft: what a preview shows.
        TYPED = "typed", _("previewed only")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", editable=False, verbose_name=_("kind")
    )
    # The primary key of the row as text; null for a row that does not exist yet.
    object_id = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=200, editable=False)
    # The query string of the form, for example that of a new step that corrects another one.
    query = models.TextField(default="", editable=False)
    # {name: [value, …]} of everything that the form sends, without buttons and token.
    data = models.JSONField(default=dict, editable=False)
    # The fields that the form had. A field that it has gained since keeps its live value.
    fields = ArrayField(models.CharField(max_length=100), default=list, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    # publish_at: when the worker publishes it. wanted_at: the time that the writers ask for, while it waits for review.
    publish_at = models.DateTimeField(_("published from"), null=True, editable=False)
    wanted_at = models.DateTimeField(null=True, editable=False)
    # Who scheduled or approved it: it is published with the rights of this account.
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    # Ids of the accounts that wrote it, which outlive the accounts.
    writers = ArrayField(models.BigIntegerField(), default=list, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("by"),
    )
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    # Counts the saves: a second editor of the same draft is told.
    version = models.PositiveIntegerField(default=1, editable=False)
    # Why it was returned, by a person or because it could not be published.
    note = models.TextField(_("note"), default="", editable=False)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-changed_at"]
        default_permissions = ("view",)
        permissions = [("publish_draft", "Can publish content")]
        constraints = [
            models.CheckConstraint(
                name="draft_state_is_known",
                condition=Q(state__in=["draft", "submitted", "returned", "scheduled", "typed"]),
            ),
            models.CheckConstraint(
                name="draft_is_scheduled_with_a_time",
                condition=Q(state="scheduled", publish_at__isnull=False)
                | (~Q(state="scheduled") & Q(publish_at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["content_type", "object_id"], name="draft_is_one_per_row", condition=~Q(state="typed")
            ),
        ]
        indexes = [models.Index(fields=["publish_at"], name="draft_due", condition=Q(state="scheduled"))]

    def __str__(self):
        return self.name

    @property
    def model(self):
        """The model of the row, or None where the code no longer has it."""
        return self.content_type.model_class()

    @property
    def form_url(self):
        """The URL path of the form that shows the draft."""
        prefix = f"admin:{self.content_type.app_label}_{self.content_type.model}"
        if self.object_id is not None:
            return reverse(f"{prefix}_change", args=[self.object_id])
        query = QueryDict(self.query, mutable=True)
        query["draft"] = str(self.pk)
        return f"{reverse(f'{prefix}_add')}?{query.urlencode()}"

    @property
    def is_old(self):
        """Whether it was not changed for a year."""
        return timezone.now() - self.changed_at > OLD_AFTER

    def typed(self):
        """What was typed, as a QueryDict."""
        data = QueryDict(mutable=True)
        for name, values in self.data.items():
            data.setlist(name, values)
        return data


class DraftFile(models.Model):
    """A file that was chosen in the form of a draft. It goes with the draft."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files", editable=False)
    field = models.CharField(max_length=100, editable=False)
    name = models.CharField(max_length=255, editable=False)
    kind = models.CharField(max_length=100, default="", editable=False)
    content = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("file of a draft")
        verbose_name_plural = _("files of drafts")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["draft", "field"], name="draftfile_is_one_per_field")]

    def __str__(self):
        return self.name


class PublishingSettings(models.Model):
    """The single row of settings about publishing."""

    needs_second_person = models.BooleanField(
        _("a second person publishes"),
        default=False,
        db_default=False,
        help_text=_(
            "If this is on, people cannot publish what they wrote themselves: a second person reads each change and publishes "
            "it. For example, turn it on before a campaign week. Some things must not wait for a second person: taking down, "
            "pausing signing, help numbers, “Verified today”, and decisions on what others sent, such as a logo."
        ),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("Publishing")
        default_permissions = ("view", "change")
        constraints = [models.CheckConstraint(name="publishingsettings_one_row", condition=Q(pk=1))]

    def __str__(self):
        return str(_("Publishing"))

    @classmethod
    def load(cls):
        """The saved settings, or an unsaved instance with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
