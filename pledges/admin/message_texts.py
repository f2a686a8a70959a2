"""Admin of message texts: both languages on one form, a preview of unsaved text, a trial message to the user's own address."""

import re

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST

from pledges.mail import checks, content
from pledges.models import MessageText, TrialMessage
from pledges.models.trial_messages import sample_mail
from staff.admin.base import BilingualForm, NoAddOrDelete
from staff.admin.content import ContentAdmin

# Mails have inline styles. The preview shows them in a sandboxed frame without scripts.
PREVIEW_CSP = settings.SECURE_CSP | {"style-src": [CSP.SELF, CSP.UNSAFE_INLINE]}
REVEALING_SUBJECT = _(
    "Anyone who looks at a shared phone can read the subject, and it contains %(words)s. Choose a neutral subject "
    "if you can."
)


class MessageTextForm(BilingualForm):
    """The text of one kind of message in both languages."""

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
        columns = self.instance.spec.columns
        return content.MailWords(**{column: self[f"{column}_{language}"].value() or "" for column in columns})


@admin.register(MessageText)
class MessageTextAdmin(NoAddOrDelete, ContentAdmin):
    """Message texts, with preview and trial. The kinds of messages are fixed."""

    form = MessageTextForm
    list_display = ["kind", "occasion", "subject", "is_original"]
    list_note = _(
        "The messages we send to supporters. You can change the words. You cannot change where the buttons lead, or "
        "leave out what every message must contain."
    )
    actions = None

    def get_fieldsets(self, request, obj=None):
        columns = obj.spec.columns if obj else content.COLUMNS
        return [(None, {"fields": [(f"{column}_sq", f"{column}_en") for column in columns]})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 12 if db_field.name.startswith("text") else 5
        return field

    @admin.display(description=_("when"))
    def occasion(self, text):
        return text.spec.occasion

    @admin.display(description=_("the original text"), boolean=True)
    def is_original(self, text):
        return text.is_original

    def get_object(self, request, object_id, from_field=None):
        text = super().get_object(request, object_id, from_field)
        if text and request.method == "GET" and "original" in request.GET:
            text.reset_to_original()
        return text

    def fingerprint(self, text):
        # Of the saved text: `get_object` may have filled in the original one, which is not saved yet.
        return super().fingerprint(MessageText.objects.get(pk=text.pk))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "GET" and "original" in request.GET:
            self.message_user(request, _("This is the original text. It is used once you save it."))
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, *args, **kwargs):
        spec = kwargs["obj"].spec
        context |= {
            "spec": spec,
            "placeholders": checks.describe_placeholders(spec.placeholders),
            "required_placeholders": checks.describe_placeholders(spec.required_placeholders),
            "button_placeholders": [
                text
                for column in ("button", "second_button")
                if column in spec.columns
                for text in checks.describe_placeholders(spec.button_placeholders(column))
            ],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if warning := _subject_warning(obj.subject_sq, obj.subject_en):
            self.message_user(request, warning, messages.WARNING)

    # Preview and trial message

    def get_urls(self):
        def route(suffix, view, name):
            return path(f"<int:pk>/{suffix}", self.admin_site.admin_view(view), name=f"pledges_messagetext_{name}")

        return [
            route("preview/", csp_override(PREVIEW_CSP)(self.preview), "preview"),
            route("try/", csp_override(PREVIEW_CSP)(require_POST(self.send_trial)), "try"),
            route("try/<uuid:trial>/", self.trial_status, "tried"),
            *super().get_urls(),
        ]

    def preview(self, request, pk):
        """The message as an invented person would receive it, with the text in the form or the saved one."""
        return self._preview_page(request, self._form(request, pk))

    def send_trial(self, request, pk):
        """Send the previewed message to the user's own address, in both languages."""
        form = self._form(request, pk)
        if not self.has_change_permission(request, form.instance):
            raise PermissionDenied
        if not form.is_valid() or not request.user.email:
            return self._preview_page(request, form)
        trial = TrialMessage.send(request.user, form.instance)
        if trial is None:
            wait = _("You have just sent yourself many messages. Please wait ten minutes.")
            self.message_user(request, wait, messages.WARNING)
            return self._preview_page(request, form)
        return redirect("admin:pledges_messagetext_tried", pk, trial.pk)

    def trial_status(self, request, pk, trial):
        """The result of a trial message; the page reloads itself until it is known."""
        text = get_object_or_404(MessageText, pk=pk)
        if not self.has_change_permission(request, text):
            raise PermissionDenied
        trial = get_object_or_404(TrialMessage, pk=trial, user=request.user)
        context = self._context(request, text, _("A test to your own address")) | {"trial": trial}
        response = TemplateResponse(request, "admin/pledges/messagetext/trial_status.html", context)
        if trial.state == TrialMessage.State.WAITING:
            response.headers["Refresh"] = "2"
        return response

    def _form(self, request, pk):
        text = self.get_object(request, str(pk))
        if text is None:
            raise Http404
        if not self.has_view_or_change_permission(request, text):
            raise PermissionDenied
        return self.get_form(request, text, change=True)(request.POST or None, instance=text)

    def _preview_page(self, request, form):
        text = form.instance
        mails = []
        for language, name in settings.LANGUAGES:
            mail = sample_mail(text.kind, form.typed_words(language), language)
            mails.append(
                {
                    "language": language,
                    "name": name,
                    "sender": mail.from_email,
                    "subject": mail.subject,
                    "html": _without_links(mail.alternatives[0].content),
                    "text": mail.body,
                }
            )
        context = self._context(request, text, _("Preview")) | {
            "form": form,
            "mails": mails,
            "subject_warning": _subject_warning(*(mail["subject"] for mail in mails)),
            "can_send_trial": self.has_change_permission(request, text),
        }
        return TemplateResponse(request, "admin/pledges/messagetext/preview.html", context)

    def _context(self, request, text, title):
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(text),
            "opts": self.opts,
            "text": text,
            "change_url": reverse("admin:pledges_messagetext_change", args=[text.pk]),
        }


def _without_links(html):
    """The HTML of an e-mail without the targets of its links, for a preview in a frame, where even "#" would load a page."""
    return re.sub(r' href="[^"]*"', "", html)


def _subject_warning(*subjects):
    """A warning about words in the subjects that reveal the pledge to others, or None."""
    words = [f"“{word}”" for subject in subjects for word in checks.revealing_words(subject)]
    return REVEALING_SUBJECT % {"words": ", ".join(dict.fromkeys(words))} if words else None
