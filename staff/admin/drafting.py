"""What a form knows about the draft of its row, and who may publish it."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from staff.admin import draft_forms
from staff.drafts.models import Draft

PUBLISH = "staff.publish_draft"


@dataclass
class Drafting:
    """What a form knows about the draft of its row. `errors` are shown above it, `conflict` what another editor saved."""

    user: User
    draft: Draft | None
    needs_second: bool
    errors: list = field(default_factory=list)
    conflict: list | None = None
    is_published: bool = False

    @property
    def may_publish(self):
        """Whether the account may publish at all."""
        return self.user.has_perm(PUBLISH)

    @property
    def is_writer(self):
        """Whether the account wrote this draft."""
        return self.draft is not None and self.user.pk in self.draft.writers

    @property
    def waits(self):
        """Whether the draft waits for review."""
        return self.draft is not None and self.draft.state == Draft.State.SUBMITTED

    @property
    def may_review(self):
        """Whether the account may approve or return the draft."""
        return self.waits and self.may_publish and not (self.needs_second and self.is_writer)

    @property
    def may_publish_now(self):
        """Whether the button that publishes is offered."""
        return self.may_review if self.needs_second else self.may_publish

    def refusal(self, typed):
        """Why this account may not publish this form, or None. `typed()` is what the form has."""
        if not self.may_publish:
            return _("Your account does not publish. Press “Submit for review”: a second person publishes it.")
        if not self.needs_second:
            return None
        if self.is_writer:
            return _("You wrote this draft: a second person publishes it.")
        if self.draft is None or self.draft.state not in (Draft.State.SUBMITTED, Draft.State.SCHEDULED):
            return _("A second person publishes what you write. Press “Submit for review”.")
        if not draft_forms.is_same(typed(), self.draft.data):
            return _("You changed this draft. Press “Submit for review”: a second person publishes it.")
        return None


def names_of(ids):
    """The names of some accounts, in one text."""
    return ", ".join(
        user.get_full_name() or user.get_username() for user in User.objects.filter(pk__in=ids).order_by("pk")
    )
