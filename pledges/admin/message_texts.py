"""The words of the messages: both languages on one form, a preview of what is typed, a trial to one's own address."""

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

# A mail has its style on each element. It is shown in a frame in which nothing runs.
WITH_A_MAIL = settings.SECURE_CSP | {"style-src": [CSP.SELF, CSP.UNSAFE_INLINE]}
TELLING_SUBJECT = _(
    "Whoever looks at a shared phone reads the subject, and it says %(words)s. Choose a neutral one if you can."
)


class MessageTextForm(BilingualForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith("second_button"):
                # Blank only for messages that have none.
                field.required = True

    def typed(self, language):
        """The words as they stand in the form, right or wrong; the saved ones for whoever may only look."""
        if "subject_sq" not in self.fields:
            return self.instance.words(language)
        columns = self.instance.spec.columns
        return content.MailWords(**{column: self[f"{column}_{language}"].value() or "" for column in columns})


@admin.register(MessageText)
class MessageTextAdmin(NoAddOrDelete, ContentAdmin):
    form = MessageTextForm
    list_display = ["kind", "occasion", "subject", "is_original"]
    list_note = _(
        "What we write to supporters. You change the words; where the buttons lead, and what no message may lack, stays."
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

    @admin.display(description=_("the original words"), boolean=True)
    def is_original(self, text):
        return text.is_original

    def get_object(self, request, object_id, from_field=None):
        text = super().get_object(request, object_id, from_field)
        if text and request.method == "GET" and "original" in request.GET:
            text.reset_to_original()
        return text

    def fingerprint(self, text):
        # Of what is kept: a form filled with the original words is not saved yet.
        return super().fingerprint(MessageText.objects.get(pk=text.pk))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "GET" and "original" in request.GET:
            self.message_user(request, _("These are the original words. They are used once you save them."))
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, *args, **kwargs):
        spec = kwargs["obj"].spec
        context |= {
            "spec": spec,
            "placeholders": checks.describe_placeholders(spec.placeholders),
            "required_placeholders": checks.describe_placeholders(spec.required_placeholders),
            "button_placeholders": checks.describe_placeholders(spec.button_placeholders),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if warning := _telling(obj.subject_sq, obj.subject_en):
            self.message_user(request, warning, messages.WARNING)

    # Preview and trial

    def get_urls(self):
        def at(end, view, name):
            return path(f"<int:pk>/{end}", self.admin_site.admin_view(view), name=f"pledges_messagetext_{name}")

        return [
            at("preview/", csp_override(WITH_A_MAIL)(self.preview), "preview"),
            at("try/", csp_override(WITH_A_MAIL)(require_POST(self.try_out)), "try"),
            at("try/<uuid:trial>/", self.tried, "tried"),
            *super().get_urls(),
        ]

    def preview(self, request, pk):
        """The message as a made-up person would get it: with the words typed in the form, or the saved ones."""
        return self._shown(request, self._form(request, pk))

    def try_out(self, request, pk):
        """Have the words of the preview sent to one's own address."""
        form = self._form(request, pk)
        if not self.has_change_permission(request, form.instance):
            raise PermissionDenied
        if not form.is_valid():
            return self._shown(request, form)
        if not request.user.email:
            return self._shown(request, form)
        trial = TrialMessage.send(request.user, form.instance)
        if trial is None:
            wait = _("You have sent yourself many messages just now. Please wait ten minutes.")
            self.message_user(request, wait, messages.WARNING)
            return self._shown(request, form)
        return redirect("admin:pledges_messagetext_tried", pk, trial.pk)

    def tried(self, request, pk, trial):
        """What came of it; the page asks again by itself until it is known."""
        text = get_object_or_404(MessageText, pk=pk)
        if not self.has_change_permission(request, text):
            raise PermissionDenied
        trial = get_object_or_404(TrialMessage, pk=trial, user=request.user)
        context = self._context(request, text, _("A test to your own address")) | {"trial": trial}
        response = TemplateResponse(request, "admin/pledges/messagetext/tried.html", context)
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

    def _shown(self, request, form):
        text = form.instance
        mails = []
        for language, name in settings.LANGUAGES:
            mail = sample_mail(text.kind, form.typed(language), language)
            mails.append(
                {
                    "language": language,
                    "name": name,
                    "subject": mail.subject,
                    "html": content.without_links(mail.alternatives[0].content),
                    "text": mail.body,
                }
            )
        context = self._context(request, text, _("Preview")) | {
            "form": form,
            "mails": mails,
            "telling": _telling(*(mail["subject"] for mail in mails)),
            "sender": settings.DEFAULT_FROM_EMAIL,
            "may_try": self.has_change_permission(request, text),
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


def _telling(*subjects):
    """A warning about subjects that say too much, or an empty text."""
    words = [f"“{word}”" for subject in subjects for word in checks.revealing_words(subject)]
    return words and TELLING_SUBJECT % {"words": ", ".join(dict.fromkeys(words))}
