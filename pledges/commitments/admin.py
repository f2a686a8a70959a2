"""Admin of commitments: which are kept, and the page that replaces one by another. Texts are on the page of the sector."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, When
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.published.commitments import CommitmentFigures
from pledges.sectors.models import Commitment, Sector
from staff.admin.base import ModelAdmin, ReadOnly


class ReplacementForm(forms.Form):
    """The text of the commitment that is offered in place of another one."""

    text_sq = forms.CharField(
        label=_("New text (Albanian)"), max_length=240, widget=AdminTextareaWidget(attrs={"rows": 3, "lang": "sq"})
    )
    text_en = forms.CharField(
        label=_("New text (English)"), max_length=240, widget=AdminTextareaWidget(attrs={"rows": 3, "lang": "en"})
    )

    def __init__(self, *args, commitment, **kwargs):
        self.commitment = commitment
        initial = {"text_sq": commitment.text_sq, "text_en": commitment.text_en}
        super().__init__(*args, initial=initial, **kwargs)

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.has_changed():
            self.add_error(None, _("Write a new text. This one is that of the commitment you want to replace."))
        return cleaned


@admin.register(Commitment)
class CommitmentAdmin(ReadOnly, ModelAdmin):
    """Commitments with what is published of them, those that are kept most first."""

    list_display = ["text", "sector", "chosen", "asked", "kept", "silent", "verdict", "is_offered"]
    list_filter = ["is_offered", "sector"]
    list_select_related = ["sector"]
    search_fields = ["key"]
    list_note = _(
        "What people chose to do, and how it went: the published numbers, which are approximate and change once a "
        "night at most. “–” is a number that is too small or would tell too much. Those that are kept most come first. You add "
        "commitments and change their texts on the page of their group. Once someone has chosen one, its text stays: replace "
        "it here."
    )
    change_form_template = "admin/pledges/commitment/change_form.html"
    fields = ["sector", "key", "text_sq", "text_en", "is_offered", "chosen", "asked", "kept", "silent", "verdict"]
    readonly_fields = ["chosen", "asked", "kept", "silent", "verdict"]

    def get_queryset(self, request):
        figures = {each.pk: each.figures for each in PledgeContent.current().commitments}
        by_share = sorted(
            figures, key=lambda pk: -figures[pk].kept / (figures[pk].asked or 1) if figures[pk].asked else 1
        )
        whens = [When(pk=pk, then=number) for number, pk in enumerate(by_share)]
        places = [Case(*whens, default=len(by_share))] if whens else []
        return super().get_queryset(request).order_by(*places, "sector__position", "position", "pk")

    def get_ordering(self, request):
        # That of get_queryset().
        return []

    def get_urls(self):
        view = self.admin_site.admin_view(self.replace_view)
        return [path("<path:object_id>/replace/", view, name="pledges_commitment_replace"), *super().get_urls()]

    @admin.display(description=_("commitment"))
    def text(self, commitment):
        return commitment.text

    @admin.display(description=_("chosen by"))
    def chosen(self, commitment):
        return self.published(commitment, "chosen")

    @admin.display(description=_("asked"))
    def asked(self, commitment):
        return self.published(commitment, "asked")

    @admin.display(description=_("done or still working on it"))
    def kept(self, commitment):
        return self.published(commitment, "kept")

    @admin.display(description=_("have not answered"))
    def silent(self, commitment):
        return self.published(commitment, "silent")

    def published(self, commitment, name):
        """A published figure, or "–" where nothing is shown."""
        return getattr(self.figures(commitment), name) or "–"

    def figures(self, commitment):
        return CommitmentFigures.of(commitment, PledgeContent.current().people_of)

    @admin.display(description=_("does it work?"))
    def verdict(self, commitment):
        """A sentence about the published figures."""
        figures = self.figures(commitment)
        if not figures.asked:
            return _("Too few have been asked.")
        if not figures.kept:
            return _("Too few say that they keep it for a number.")
        if figures.silent >= figures.answered:
            return _("Most have not answered.")
        return _("Some keep it.") if figures.kept * 2 < figures.asked else _("Most keep it.")

    # Replacing

    def replace_view(self, request, object_id):
        """The page with the text of a new commitment, which is offered in place of this one."""
        commitment = self.get_object(request, unquote(object_id))
        if commitment is None:
            raise Http404
        # ReadOnly refuses changes of the row itself.
        needed = ["pledges.change_commitment", "staff.publish_draft"]
        if not request.user.has_perms(needed) or not commitment.is_offered:
            raise PermissionDenied(*needed)
        form = ReplacementForm(request.POST or None, commitment=commitment)
        if form.is_valid():
            self.replace(request, commitment, form.cleaned_data)
            return redirect("admin:pledges_commitment_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Replace “%(name)s”") % {"name": commitment},
            "opts": self.opts,
            "object": commitment,
            "form": form,
        }
        return TemplateResponse(request, "admin/pledges/commitment/replace.html", context)

    def replace(self, request, commitment, text):
        """Offer a new commitment in place of this one, as a version of its sector."""
        sectors = self.admin_site.get_model_admin(Sector)
        with transaction.atomic():
            sectors.lock_table()
            sectors.save_first_version(commitment.sector)
            commitment.replace(**text)
            sectors.log_changes(request, Sector.objects.filter(pk=commitment.sector_id), "commitments")
        self.message_user(
            request,
            _(
                "The new commitment is on offer. The old one stays with those who chose it, and we still ask them about it."
            ),
            messages.SUCCESS,
        )

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        needed = ["pledges.change_commitment", "staff.publish_draft"]
        if obj and obj.is_offered and request.user.has_perms(needed):
            context["replace_url"] = reverse("admin:pledges_commitment_replace", args=[obj.pk])
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
