"""Drafts: rows of content that the public does not see yet, what happens to each before it is published, and who publishes."""

from contextlib import contextmanager, suppress
from contextvars import ContextVar
from copy import copy

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ProtectedError, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


def local(moment):
    """A time for people to read."""
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


class DraftQuerySet(models.QuerySet):
    def due(self):
        """Scheduled drafts whose time has come."""
        return self.filter(state=Draft.State.SCHEDULED, publish_at__lte=Now())


class Draft(models.Model):
    """What happens to a row of content before it is published. Its words are in the row itself (`Draftable`)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waiting for review")
        RETURNED = "returned", _("returned")
        SCHEDULED = "scheduled", _("scheduled")

    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", editable=False, verbose_name=_("kind")
    )
    # The row whose form shows the draft: the published one, or the draft itself where there is none.
    object_id = models.CharField(max_length=64, default="", editable=False)
    name = models.CharField(_("name"), max_length=200, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    # When the worker publishes it; of one that waits for review, when its writers would like it to be published.
    publish_at = models.DateTimeField(_("published from"), null=True, editable=False)
    # Ids of the accounts that wrote it, which outlive the accounts.
    writers = ArrayField(models.BigIntegerField(), default=list, editable=False)
    # Who saved it last, which scheduling and approving do too: it is published with the rights of this account.
    changed_by = models.ForeignKey(
        "staff.Account", on_delete=models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("by")
    )
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    # Counts the saves: a second editor of the same draft is told.
    version = models.PositiveIntegerField(default=0, editable=False)
    # The fingerprint of the published row from which it was written: who publishes it over a newer one is told.
    base = models.CharField(max_length=40, default="", editable=False)
    # Whether the row was published before somebody took it down.
    was_public = models.BooleanField(default=False, editable=False)
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
                name="draft_state_is_known", condition=Q(state__in=["draft", "submitted", "returned", "scheduled"])
            ),
            models.CheckConstraint(
                name="draft_is_scheduled_with_a_time",
                condition=Q(state="submitted")
                | Q(state="scheduled", publish_at__isnull=False)
                | ~Q(state="scheduled") & Q(publish_at=None),
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
    def row(self):
        """The row with the words of the draft."""
        return self.model._base_manager.get(draft=self)

    def result(self):
        """The row as it will be when the draft is published, not saved."""
        with showing(self):
            return self.model.objects.get(draft=self)

    def give_back(self, note):
        """Return it to its writers with a note."""
        self.state, self.note, self.publish_at = self.State.RETURNED, note, None
        # By two: a form that is behind by one may only lack the answer to its own last save.
        self.version, self.changed_at = self.version + 2, timezone.now()
        self.save()

    @property
    def form_url(self):
        """The URL path of the form that shows the draft."""
        return reverse(f"admin:{self.content_type.app_label}_{self.content_type.model}_change", args=[self.object_id])


# The Draft that this thread shows as if it were published, or None.
_shown = ContextVar("the draft that is shown", default=None)


@contextmanager
def showing(draft):
    """Within the block, every query for published rows finds the rows of this Draft in place of those that they replace."""
    token = _shown.set(draft)
    try:
        yield
    finally:
        _shown.reset(token)


class LiveManager(models.Manager):
    """The rows that are published. The default manager, so that no query finds a draft by accident."""

    def everything(self):
        """All rows, drafts too."""
        return super().get_queryset()

    def originals(self):
        """The rows themselves, published or not, without the copies that hold drafts of them."""
        return self.everything().filter(draft_of=None)

    def change_at_once(self, pks, **values):
        """Change columns `at_once` of these rows and of the copies that hold drafts of them; returns how many rows."""
        self.everything().filter(draft_of__in=pks).update(**values)
        return self.originals().filter(pk__in=pks).update(**values)

    def get_queryset(self):
        """The published rows, and within `showing` those of the draft."""
        rows, draft = super().get_queryset(), _shown.get()
        if draft is None:
            return rows.filter(draft=None)
        return self.model.without_replaced(rows, draft).filter(Q(draft=None) | Q(draft=draft))


class Draftable(models.Model):
    """Abstract base of content with drafts. A row is published, or belongs to a Draft.

    The draft of a published row is another row, a copy (`draft_of`) with the columns that people edit; that of a new row is the
    row itself. Rows of another model that are edited with the row, its `parts`, have copies too.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, null=True, related_name="+", editable=False)
    draft_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, related_name="draft_copy", editable=False
    )

    objects = LiveManager()

    # Columns that people do not edit, and that the draft has nevertheless, such as those that describe a file.
    also_drafted = ()
    # Columns that a button or a list changes as well, with `change_at_once`, so that no draft takes it back or conflicts with it.
    at_once = ()
    # Accessors of the rows that are edited with this one, as inlines; of such a row, the field that refers to this one.
    parts = ()
    part_of = None
    # Whether the row is validated. A draft is stored as it is; it is validated when it is published.
    is_checked = True

    class Meta:
        abstract = True

    @classmethod
    def drafted_columns(cls):
        """The names of the columns of a draft, as attributes."""
        columns = cls._meta.concrete_fields
        return [each.attname for each in columns if each.editable and not each.primary_key] + list(cls.also_drafted)

    @classmethod
    def without_replaced(cls, rows, draft):
        """These rows without those that a draft replaces."""
        if cls.part_of and cls._meta.get_field(cls.part_of).related_model is draft.model:
            return rows.exclude(**{cls.part_of: draft.object_id, "draft": None})
        return rows.exclude(draft_copy__draft=draft)

    @classmethod
    def from_db(cls, db, field_names, values, **options):
        """The copy that is shown has the id of the row that it replaces, and what a draft does not have."""
        row = super().from_db(db, field_names, values, **options)
        draft = _shown.get()
        if draft is None or row.draft_id != draft.pk or row.draft_of_id is None:
            return row
        with showing(None):
            live = cls._base_manager.using(db).get(pk=row.draft_of_id)
            live.take(row)
        return live

    @property
    def is_new(self):
        """Whether it was never published."""
        return self.draft is not None and self.draft_of_id is None and not self.draft.was_public

    @property
    def lacks_value(self):
        """Whether a column is empty that only a draft may leave empty, such as a date."""
        columns = [each for each in self._meta.concrete_fields if each.editable and each.null and not each.blank]
        return any(getattr(self, each.attname) is None for each in columns)

    @property
    def published_pk(self):
        """The id that it has, or will have, when it is published."""
        return self.draft_of_id or self.pk

    @property
    def pending(self):
        """Its Draft, or that of its copy, or None. The list of the admin reads both with the row."""
        kept = None if self._state.adding else getattr(self, "draft_copy", None)
        return kept.draft if kept else self.draft

    @property
    @admin.display(description=_("state"))
    def publication(self):
        """What the public sees of it, and what waits, in words."""
        pending, words = self.pending, [] if self.draft_id else [_("published")]
        if pending is not None:
            states = {
                Draft.State.DRAFT: _("draft waiting"),
                Draft.State.SUBMITTED: _("in review"),
                Draft.State.RETURNED: _("draft returned"),
                Draft.State.SCHEDULED: pending.publish_at
                and _("appears on %(when)s") % {"when": local(pending.publish_at)},
            }
            words.append(states[pending.state])
        return capfirst(", ".join(map(str, words)))

    def take(self, other):
        """Take the values of a draft of this row, or the other way round. Saves nothing."""
        for name in self.drafted_columns():
            setattr(self, name, getattr(other, name))

    def keep(self, draft):
        """Save what it holds in this Draft: a published row in its copy, and any other in itself. Returns what was saved."""
        kept = self
        if not self._state.adding and self.draft_id is None:
            kept = type(self)._base_manager.filter(draft_of=self.pk).first() or type(self)(draft_of_id=self.pk)
            kept.take(self)
        kept.draft = draft
        for field in self._meta.concrete_fields:
            # A number that was left empty.
            if field.editable and not field.null and getattr(kept, field.attname) is None:
                setattr(kept, field.attname, field.get_default())
        kept.save()
        if draft.model is type(self):
            draft.object_id = str(kept.published_pk)
            draft.save(update_fields=["object_id"])
        return kept

    def keep_as_draft(self, user=None, **values):
        """Save a row that is not published, or no longer, as a new Draft; returns it."""
        kind, writers = ContentType.objects.get_for_model(type(self)), [user.pk] if user else []
        values |= {"name": str(self)[:200], "version": 1, "changed_by": user, "writers": writers}
        self.draft = Draft.objects.create(content_type=kind, **values)
        self.keep(self.draft)
        return self.draft

    def take_down(self, user):
        """Turn a published row into a draft, with the words of its draft if it has one."""
        self.check_take_down()
        draft = self.pending
        if draft is None:
            return self.keep_as_draft(user, was_public=True)
        kept = draft.row
        self.take(kept)
        # The draft outlives it.
        kept.draft = None
        kept.delete()
        self.draft = draft
        self.save()
        draft.state, draft.publish_at, draft.base, draft.was_public = Draft.State.DRAFT, None, "", True
        draft.version += 1
        draft.save()
        return draft

    def check_take_down(self):
        """Raise ValidationError if the public needs the row."""

    def publish(self, draft=None, user=None):
        """Save it as a published row, with its parts as they are in the Draft, which ends. `user` publishes it."""
        self.draft = None
        self.save()
        if draft is None:
            return
        for name in self.parts:
            relation = self._meta.get_field(name)
            model, own = relation.related_model, {relation.field.name: self.pk}
            with showing(draft):
                kept = list(model.objects.filter(**own))
            for row in model.objects.filter(**own).exclude(pk__in=[each.pk for each in kept]):
                # What is in use stays, such as a commitment that people chose meanwhile.
                with suppress(ProtectedError):
                    row.delete()
            for row in kept:
                row.publish()
        draft.delete()

    # Validation

    def full_clean(self, *args, **kwargs):
        """Validate it as it will be published; a draft that is only stored is not validated."""
        if self.is_checked:
            super().full_clean(*args, **kwargs)

    def validate_constraints(self, exclude=None):
        """Validate the constraints of published rows."""
        if not self.is_checked:
            return
        draft, self.draft = self.draft, None
        try:
            # Forms leave out what they do not have, and with it every constraint that names it.
            super().validate_constraints(exclude=set(exclude or ()) - {"draft", "draft_of"})
        finally:
            self.draft = draft


def end_draft(sender, instance, **kwargs):
    """The Draft of a row that is deleted ends with it. Receiver of post_delete for each model with drafts (staff/apps.py)."""
    if instance.draft_id:
        kind = ContentType.objects.get_for_model(sender)
        # Not one of its parts.
        Draft.objects.filter(pk=instance.draft_id, content_type=kind).delete()


class UniqueLive(models.UniqueConstraint):
    """A field that is unique among published rows. Two drafts may share a value: the error at publishing names who has it."""

    def __init__(self, *, fields, name, condition=None, words=None):
        super().__init__(fields=fields, name=name, condition=Q(draft=None))
        # No part of the constraint: migrations do not have them.
        self.words = words or _("“%(other)s” already has this. Choose another one.")

    def clone(self):
        return copy(self)

    def validate(self, model, instance, exclude=None, using=None):
        """Raise ValidationError with the name of another published row that has this value."""
        [name] = self.fields
        value = getattr(instance, model._meta.get_field(name).attname)
        if value is None or name in (exclude or ()):
            return
        rows = model._default_manager.filter(**{name: value})
        own = [pk for pk in (instance.pk, instance.draft_of_id) if pk is not None]
        if other := rows.exclude(pk__in=own).first():
            raise ValidationError({name: ValidationError(self.words % {"other": other}, code="taken")})


def check_live(name, condition, words=None):
    """A check constraint of published rows, with the words of its error. A draft may be incomplete."""
    return models.CheckConstraint(
        name=name, condition=Q(draft__isnull=False) | condition, violation_error_message=words
    )


class DraftMail(models.Model):
    """Whether an account wants a mail, at most one a day, when drafts wait for it, and the last one. No row is as `is_wanted`."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="draft_mail"
    )
    is_wanted = models.BooleanField(default=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
