"""Admin of news by email: the form in both languages, its preview and tests. Its page is in `mailing_page`."""

from dataclasses import replace

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from pledges import follows
from pledges.admin.mailing_page import MailingPage
from pledges.admin.previews import subject_warning
from pledges.languages import LANGUAGE_CODES
from pledges.mail import checks
from pledges.models import Mailing
from staff.admin.content import ContentAdmin
from staff.admin.error_words import MESSAGES

WORDS = ("subject", "text", "button", "link")
# Errors of these fields leave open who the recipients are.
CHOICES = {"audience", "sector", "demand", "county"}
HELP = {
    "audience": _("Only people who have confirmed their pledge get it. The preview shows how many they are."),
    "sector": _("Those of this group who asked for news get it."),
    "demand": _("Those who follow this demand get it. Only demands that are on our site are listed."),
    "county": _("Those who follow this county get it."),
}
WRITTEN = (Mailing.State.DRAFT, Mailing.State.READY)


class MailingForm(forms.ModelForm):
    """The words and recipients of a mailing. A draft may lack a language."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "demand" in self.fields:
            demands, stored = follows.demands(), self.instance.demand
            gone = {stored: follows.demand_title(stored)} if stored and stored not in demands else {}
            self.fields["demand"].choices = [("", "---------"), *demands.items(), *gone.items()]

    def clean(self):
        cleaned = super().clean()
        for column in WORDS:
            for name in (f"{column}_{language}" for language in LANGUAGE_CODES):
                for sentence in checks.news_problems(column, cleaned.get(name, "")):
                    self.add_error(name, sentence)
        demand = cleaned.get("demand")
        if cleaned.get("audience") == Mailing.Audience.DEMAND and demand and demand not in follows.demands():
            self.add_error("demand", _("This demand is not on our site now. Choose another one."))
        # A second person reads what was changed.
        self.instance.state = Mailing.State.DRAFT
        return cleaned

    @property
    def has_recipients(self):
        """Whether what is typed says who the recipients are."""
        return not CHOICES & set(self.errors)

    def typed_words(self, language):
        """The NewsWords in the form, valid or not; the saved ones on a read-only page, which has no fields."""
        if "subject_sq" not in self.fields:
            return self.instance.words(language)
        typed = {column: self[f"{column}_{language}"].value() or "" for column in WORDS}
        return replace((self.instance if self.has_recipients else Mailing()).words(language), **typed)


@admin.register(Mailing)
class MailingAdmin(MailingPage, ContentAdmin):
    """News by email. What is released cannot be changed or deleted: its page has the buttons."""

    form = MailingForm
    # It has drafts of its own: its states.
    has_drafts = False
    kept_on_restore = ("is_archived", "note")
    list_display = ["title", "state", "whom", "released_at"]
    list_select_related = ["sector", "county"]
    list_filter = ["state", "audience"]
    list_note = _(
        "News that we email to those who asked for it. One person writes it in both languages, a second person releases it."
    )
    fieldsets = [
        (None, {"fields": [(f"{column}_sq", f"{column}_en") for column in WORDS]}),
        (_("Recipients"), {"fields": ["audience", "sector", "demand", "county"]}),
    ]
    linked_text = ("text",)
    radio_fields = {"audience": admin.VERTICAL}
    actions = None
    view_on_site = False

    @admin.display(description=_("subject"))
    def title(self, mailing):
        return str(mailing)

    @admin.display(description=_("recipients"))
    def whom(self, mailing):
        return self.audience_words(mailing)

    # What may be changed

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.state in WRITTEN)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.state in WRITTEN)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "demand":
            return forms.ChoiceField(label=_("Demand"), required=False, help_text=HELP["demand"])
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in HELP:
            field.help_text = HELP[db_field.name]
        if db_field.name.startswith("text"):
            field.widget.attrs["rows"] = 14
        elif db_field.name == "audience":
            field.label = _("Who gets it")
        elif db_field.name.startswith("link"):
            field.error_messages["invalid"] = MESSAGES[forms.URLField]["invalid"]
        return field

    def change_view(self, request, object_id, form_url="", extra_context=None):
        mailing = self.get_object(request, unquote(object_id)) if request.method == "GET" else None
        if mailing and self.has_view_permission(request, mailing) and not self.has_change_permission(request, mailing):
            return redirect("admin:pledges_mailing_sending", mailing.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and object_id and self.has_add_permission(request):
            mailing = self.get_object(request, unquote(object_id))
            if mailing and mailing.released_at:
                said = _(
                    "A second person has released it while you were writing, so it cannot be changed. What you typed is below: "
                    "it has not been saved, but you can save it as a new one."
                )
                self.message_user(request, said, messages.WARNING)
                request.typed, request.method, object_id = request.POST, "GET", None
        context = {"show_save_and_add_another": False} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        # Not while a refused form holds the lock of its row.
        context["recipients"] = obj.recipients().count() if obj and request.method == "GET" else None
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def preview_context(self, form):
        return {"recipients": form.instance.recipients().count() if form.has_recipients else None}

    # Saving

    def save_model(self, request, obj, form, change):
        obj.written_by = request.user
        obj.writers = sorted({*obj.writers, request.user.pk})
        super().save_model(request, obj, form, change)
        if change and form.stored_instance.state == Mailing.State.READY:
            self.message_user(request, _("It is a draft again, because it was changed."), messages.WARNING)
        if warning := subject_warning(obj.subject_sq, obj.subject_en):
            self.message_user(request, warning, messages.WARNING)

    def response_post_save_add(self, request, obj):
        return redirect("admin:pledges_mailing_sending", obj.pk)

    def response_post_save_change(self, request, obj):
        return redirect("admin:pledges_mailing_sending", obj.pk)

    def restore(self, request, obj, version):
        errors = super().restore(request, obj, version)
        return errors or self._sign(request, obj)

    def recover(self, request, version):
        obj, errors = super().recover(request, version)
        return obj, errors or self._sign(request, obj)

    def _sign(self, request, obj):
        """Count those who wrote any version of a restored row, and who restored it, among its writers; returns no errors."""
        wrote = {*Mailing.objects.get(pk=obj.pk).writers, *self.writers_of_versions(obj), request.user.pk}
        rows = Mailing.objects.filter(pk=obj.pk)
        rows.update(writers=sorted(wrote), written_by=request.user, state=Mailing.State.DRAFT)
        return []
