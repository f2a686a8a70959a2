"""Commitments behind a supporter's own links: choose them, plan them, say how it went, end the emails about them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from pledges import calendars
from pledges.commitments.forms import AnswersForm, CommitmentsForm, PlanForm
from pledges.commitments.models import FollowUp
from pledges.crypto.links import Purpose
from pledges.forms.views import link_ended
from pledges.personal_links import confirmed_only, path_from, personal_link_view


@personal_link_view(Purpose.COMMIT)
@confirmed_only
def commit(request, pledge):
    """Choose among the commitments of the sector, then plan a day. Each of the two forms has its own button."""
    is_plan = "plan" in request.POST
    submitted = request.POST if request.method == "POST" else None
    form = CommitmentsForm(None if is_plan else submitted, pledge=pledge, action=request.path)
    if form.is_valid():
        form.save()
    chosen = pledge.chosen.select_related("commitment").order_by("slot", "pk")
    plan = PlanForm(submitted if is_plan else None, pledge=pledge, chosen=chosen)
    if plan.is_valid():
        plan.save()
    context = {
        "form": form,
        "plan": plan,
        "chosen": chosen.all(),
        "calendar_url": reverse("pledges:calendar", args=[request.resolver_match.kwargs["token"]]),
        "has_day": any(row.day for row in chosen.all()),
        "saved": form.is_valid(),
        "planned": plan.is_valid(),
        "follow_up": FollowUp.objects.filter(pledge=pledge).first(),
        **{f"{purpose}_url": path_from(request, purpose, pledge) for purpose in (Purpose.MANAGE, Purpose.SHARE)},
    }
    return render(
        request, "pledges/commitments/commit.html", context, status=422 if form.errors or plan.errors else 200
    )


@personal_link_view(Purpose.COMMIT)
@confirmed_only
def calendar(request, pledge):
    """What the supporter has planned, for a calendar. Others may see that: an entry does not say what it is."""
    entries = [
        [
            # Not the number of the row, which tells how many others have chosen meanwhile.
            ("UID", f"plan-{pledge}-{row.slot}@{calendars.host()}"),
            ("DTSTAMP", calendars.utc(timezone.now())),
            *calendars.days(row.day, row.day),
            ("SUMMARY", calendars.text(gettext("We are 1"))),
        ]
        for row in pledge.chosen.exclude(day=None).select_related("commitment").order_by("slot", "pk")
    ]
    response = HttpResponse(calendars.calendar(gettext("We are 1"), entries), content_type=calendars.CONTENT_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="nejemi1.ics"'
    return response


@personal_link_view(Purpose.ANSWER)
@confirmed_only
def answer(request, pledge):
    """How it went, for each commitment that the last question was about; the answers can be changed while it is open."""
    follow_up = FollowUp.objects.filter(pledge=pledge).first()
    if follow_up is None or follow_up.asked_at is None:
        return link_ended(request)
    # For base.html: this link opens its page for longer than a day.
    request.is_contact_link = True
    if "end" in request.POST:
        return _end(request, pledge)
    submitted = request.POST if request.method == "POST" else None
    form = AnswersForm(submitted, chosen=follow_up.asked_about, follow_up=follow_up)
    is_open = follow_up.is_open and bool(form.chosen)
    context, status = {"form": form, "follow_up": follow_up, "is_open": is_open}, 200
    if request.method == "POST":
        if not is_open:
            status = 409
        elif not form.is_valid():
            status = 422
        else:
            form.save()
            context |= {"saved": True, "chosen": follow_up.asked_about}
    return render(request, "pledges/commitments/answer.html", context, status=status)


@personal_link_view(Purpose.END_EMAILS)
def end_emails(request, pledge):
    """The page with the button that ends all emails about the supporter's commitments.

    The buttons of mail programs send the POST of RFC 8058 to the same address: nothing in the body is needed.
    """
    if request.method == "POST":
        return _end(request, pledge)
    return render(request, "pledges/commitments/end_emails.html")


def _end(request, pledge):
    FollowUp.end(pledge)
    return render(request, "pledges/commitments/end_emails.html", {"done": True})
