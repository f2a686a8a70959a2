"""The form of content: it is not saved over a newer version that the editor has not seen, and publishes nothing broken."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class UntrackedField(forms.CharField):
    """A hidden field that does not count as a change of the row."""

    def __init__(self):
        super().__init__(required=False, widget=forms.HiddenInput, max_length=40)

    def has_changed(self, initial, data):
        return False


class ContentForm(forms.ModelForm):
    """A form that is invalid when the row changed since the form was opened, or when visitors would meet something broken.

    `seen` is the fingerprint of the row when the form was opened. `save_over` is the fingerprint of the newer version that the
    editor has read and wants to replace; after yet another save it no longer matches and the form is refused again.
    """

    # In place of the fingerprint of a row that was deleted while the form was open.
    DELETED = "deleted"

    seen = UntrackedField()
    save_over = UntrackedField()
    # Set by ContentAdmin.get_form().
    model_admin = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fingerprint = "" if self.instance._state.adding else self.model_admin.fingerprint(self.instance)
        # A draft was written from an earlier state of the row.
        self.initial["seen"] = self.model_admin.state_seen(self.instance, self.fingerprint)

    @property
    def current_state(self):
        """The value of `save_over` that replaces what is in the database now."""
        return self.fingerprint or self.DELETED

    @property
    def has_conflict(self):
        """Whether somebody else has saved or deleted the row meanwhile."""
        return self.is_bound and self.has_error(NON_FIELD_ERRORS, "conflict")

    def is_valid(self):
        # “Check” shows the form again.
        return super().is_valid() and "_check" not in self.data

    def clean(self):
        cleaned = super().clean()
        seen = self.data.get("seen")
        if seen and seen != self.fingerprint and self.data.get("save_over") != self.current_state:
            self.add_error(None, ValidationError(self.model_admin.conflict_message(self), code="conflict"))
        if self.model_admin.publishes(self):
            broken = [finding for finding in self.model_admin.findings(self, []) if finding.is_error]
            # Once for both languages of a field that has none.
            for name, words in dict.fromkeys((finding.text.name, finding.as_error()) for finding in broken):
                self.add_error(name if name in self.fields else None, ValidationError(words, code="broken"))
        return cleaned


def normalise_newlines(data):
    """A copy of a QueryDict with LF for CRLF. Browsers send CRLF, and every text of two lines would count as changed."""
    data = data.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return data
