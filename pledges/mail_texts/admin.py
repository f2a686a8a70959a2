"""Admin of message texts: both languages on one form, a preview of unsaved text, a test to the user's own address.

News by email has previews and tests too.
"""

import re
import uuid

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.mail import mailers
from django.db.models.functions import Now
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.csp import CSP
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST

from pledges.commitments.models import ChosenCommitment, FollowUp
from pledges.crypto import keys, links
from pledges.crypto.links import Purpose
from pledges.enquiries.models import Answer, Enquiry
from pledges.groups.models import GroupPledge
from pledges.joinings.models import Joining, OrganisationKind
from pledges.limits.models import WINDOW, Attempt
from pledges.mail import content, sending, texts
from pledges.mail.kinds import SPECS, MessageKind
from pledges.mail.texts import MessageText
from pledges.places.models import Municipality
from pledges.requests.models import DataRequest
from pledges.sectors.models import Commitment, Sector
from pledges.supporters.models import Pledge
from pledges.supporters.querysets import PENDING_LIFE
from pledges.voices.models import VoiceOwner
from staff.admin.base import BilingualForm, NoAddOrDelete
from staff.admin.drafts import DraftedAdmin

# Mails have inline styles. The preview shows them in a sandboxed frame without scripts.
PREVIEW_CSP = settings.SECURE_CSP | {"style-src": [CSP.SELF, CSP.UNSAFE_INLINE]}
REVEALING_SUBJECT = _(
    "Anyone who looks at a shared phone can read the subject, and it contains %(words)s. Choose a neutral subject "
    "if you can."
)
# Tests of one member of staff within WINDOW.
MOST_TESTS = 10
SAMPLE_ADDRESS = "arta@example.org"


class MailPreviews:
    """ModelAdmin mixin. The form has `typed_words(language)`: what is typed, valid or not. `pk` is None before the first save."""

    def kind_of(self, row):
        """The MessageKind of the mails that this row has the words of."""
        raise NotImplementedError

    def get_urls(self):
        def route(pattern, view, name):
            return path(pattern, self.admin_site.admin_view(view), name=self._url_name(name))

        preview = csp_override(PREVIEW_CSP)(self.preview)
        send = csp_override(PREVIEW_CSP)(require_POST(self.send_test))
        return [
            *(route(f"{start}preview/", preview, "preview") for start in ("", "<int:pk>/")),
            *(route(f"{start}try/", send, "try") for start in ("", "<int:pk>/")),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["preview_url"] = self._url("preview", obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def preview(self, request, pk=None):
        """The mail as an invented person would receive it, with the text in the form or the saved one."""
        return self._preview_page(request, self._form(request, pk))

    def send_test(self, request, pk=None):
        """Send the previewed mail to the user's own address, in both languages, and say whether the server took it."""
        form = self._form(request, pk)
        if not self._may_write(request, form.instance):
            raise PermissionDenied
        if form.is_valid() and request.user.email:
            self.message_user(request, *self._test(request.user, form.instance))
        return self._preview_page(request, form)

    def _test(self, user, row):
        """Send a test, unless the user has sent too many; returns (what became of it, level of the message)."""
        digest, kind = keys.digest("attempt", f"tests of account {user.pk}"), self.kind_of(row)
        if Attempt.objects.filter(network_digest=digest, created_at__gt=Now() - WINDOW).count() >= MOST_TESTS:
            return _("You have just sent yourself many messages. Please wait ten minutes."), messages.WARNING
        Attempt.objects.create(network_digest=digest)
        try:
            with mailers.default as server:
                languages = [language for language, _name in settings.LANGUAGES]
                server.send_messages([sample_mail(kind, row.words(each), each, user.email) for each in languages])
        except Exception as error:
            # The class alone: its text may quote the address.
            words = _(
                "The mail server did not accept it (%(error)s). If it happens again, tell the person who runs the site."
            )
            return words % {"error": sending.error_kind(error)}, messages.ERROR
        sent = _(
            "Sent to your own address, %(address)s, in Albanian and in English. Check your inbox, and your spam or junk "
            "folder too."
        )
        return sent % {"address": user.email}, messages.SUCCESS

    def _may_write(self, request, row):
        return self.has_add_permission(request) if row.pk is None else self.has_change_permission(request, row)

    def _form(self, request, pk):
        row = None if pk is None else self.get_object(request, str(pk))
        if row is None and pk is not None:
            raise Http404
        if not (self.has_view_or_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)
        return form(request.POST or None, instance=row or self.model())

    def _preview_page(self, request, form):
        row = form.instance
        mails = self.mails(self.kind_of(row), form.typed_words)
        context = {
            "subtitle": capfirst(str(row)),
            "row": row,
            "change_url": self._url("change", row) if row.pk else "",
            "try_url": self._url("try", row),
            "form": form,
            "mails": mails,
            "subject_warning": subject_warning(*(mail.subject for mail in mails)),
            "can_send_test": self._may_write(request, row),
            **self.preview_context(form),
        }
        return self.page(request, "admin/pledges/mail_preview/preview.html", _("Preview"), **context)

    def preview_context(self, form):
        """What the preview says that other kinds do not have."""
        return {}

    @staticmethod
    def mails(kind, words):
        """The sample mail in each language for the template; `words(language)` are its words."""
        found = []
        for language, name in settings.LANGUAGES:
            mail = sample_mail(kind, words(language), language)
            mail.language, mail.name = language, name
            # Without the targets of the links: in the frame even "#" would load a page.
            mail.html = re.sub(r' href="[^"]*"', "", mail.alternatives[0].content)
            found.append(mail)
        return found

    def _url_name(self, name):
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _url(self, name, row):
        return reverse(f"admin:{self._url_name(name)}", args=[row.pk] if row and row.pk else [])


def subject_warning(*subjects):
    """A warning about words in the subjects that reveal the pledge to others, or None."""
    words = [f"“{word}”" for subject in subjects for word in texts.revealing_words(subject)]
    return REVEALING_SUBJECT % {"words": ", ".join(dict.fromkeys(words))} if words else None


def sample_mail(kind, words, language, address=SAMPLE_ADDRESS):
    """The e-mail of a kind with these `MailWords`, about invented pledges. Its links are well-formed but invalid.

    That of news has `NewsWords`.
    """
    if kind == MessageKind.NEWS:
        return content.compose_news(
            words, links.news_url(Pledge(pk=uuid.UUID(int=0), language=language), 0), language, address
        )
    return content.compose(kind, words, _sample_rows(kind, language), language, address)


def _sample_proposal(kind, language):
    """A group or an organisation, as its adult has entered and confirmed it."""
    place = Municipality.objects.first()
    if SPECS[kind].about == "group":
        row = GroupPledge(kind=GroupPledge.Kind.CLASS, grade=7, letter="B", institution="Migjeni", municipality=place)
        row.people = {str(Sector.objects.first().pk): 27}
    else:
        row = Joining(organisation="Shembull", kind=OrganisationKind.ASSOCIATION, municipality=place)
    row.language, row.name = language, "Arta Shembulli"
    row.created_at = row.confirmed_at = row.asked_at = timezone.now()
    row.expires_at = row.created_at + PENDING_LIFE
    row.refusal = row.Refusal.UNKNOWN if kind in (MessageKind.GROUP_NO, MessageKind.JOIN_NO) else ""
    return row


def _sample_pledge(name, state, language):
    now = timezone.now()
    pledge = Pledge(language=language, state=state, updates=True, sector=Sector.objects.first(), created_at=now)
    pledge.confirmed_at = None if state == Pledge.State.PENDING else now
    pledge.expires_at = now + PENDING_LIFE
    pledge.set_person(name, SAMPLE_ADDRESS)
    pledge.set_new_address(SAMPLE_ADDRESS)
    pledge.new_address_at = pledge.keep_asked_at = now
    pledge.follow_up = FollowUp(pledge=pledge, questions=1, asked_at=now)
    plan = ChosenCommitment(commitment=Commitment.objects.first(), day=now)
    pledge.reminded_plans = lambda: [plan]
    return pledge


def _sample_rows(kind, language):
    """Unsaved rows for a message of this kind, as `content.compose` takes them."""
    spec, State = SPECS[kind], Pledge.State
    match spec.about:
        case None:
            return [None]
        case "group" | "joining":
            return [_sample_proposal(kind, language)]
        case "voice":
            return [VoiceOwner(language=language)]
        case "request":
            return [DataRequest(closed_at=timezone.now(), refusal=DataRequest.Refusal.IDENTITY)]
        case "answer":
            answer = Answer(enquiry=Enquiry(language=language))
            with translation.override(language):
                answer.text = gettext("The answer that you write appears here.")
            return [answer]
    first = State.CONFIRMED if spec.per_address or spec.link_purpose == Purpose.MANAGE else State.PENDING
    second = State.PENDING if spec.second_purpose else State.CONFIRMED
    people = [("Arta Shembulli", first), *([("Agim Shembulli", second)] if spec.per_address else [])]
    return [_sample_pledge(name, state, language) for name, state in people]


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
