"""Admin of message texts: both languages on one form, a preview of unsaved text, a test to the user's own address."""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _

from pledges.mail import content, texts
from pledges.mail.texts import MessageText
from pledges.mail_texts.previews import MailPreviews, subject_warning
from staff.admin.base import BilingualForm, NoAddOrDelete
from staff.admin.drafts import DraftedAdmin


class MessageTextForm(BilingualForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith("second_button"):
                # The model allows blank for kinds without a second button, whose forms do not have the field.
                field.required = True

    def typed_words(self, language):
        """The MailWords in the form, valid or not; the saved ones on a read-only page, which has no fields."""
        if "subject_sq" not in self.fields:
            return self.instance.words(language)
        columns = content.columns_of(self.instance.spec)
        return content.MailWords(**{column: self[f"{column}_{language}"].value() or "" for column in columns})


@admin.register(MessageText)
class MessageTextAdmin(NoAddOrDelete, MailPreviews, DraftedAdmin):
    """Message texts, with preview and test. The kinds of messages are fixed."""

    form = MessageTextForm
    list_display = ["kind", "occasion", "subject", "publication"]
    can_be_taken_down = False
    list_note = _(
        "The messages we send to supporters. You can change the words. You cannot change where the buttons lead, or "
        "leave out what every message must contain."
    )
    actions = None

    def kind_of(self, row):
        return row.kind

    def get_fieldsets(self, request, obj=None):
        columns = content.columns_of(obj.spec) if obj else content.COLUMNS
        return [(None, {"fields": [(f"{column}_sq", f"{column}_en") for column in columns]})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 12 if db_field.name.startswith("text") else 5
        return field

    @admin.display(description=_("when"))
    def occasion(self, text):
        return text.spec.occasion

    def render_change_form(self, request, context, *args, **kwargs):
        spec = kwargs["obj"].spec
        context |= {
            "spec": spec,
            "placeholders": texts.describe_placeholders(spec.placeholders),
            "required_placeholders": texts.describe_placeholders(spec.required_placeholders),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if warning := subject_warning(obj.subject_sq, obj.subject_en):
            self.message_user(request, warning, messages.WARNING)
