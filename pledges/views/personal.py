"""Pages behind a supporter's own links. GET changes nothing; each button is a POST."""

from functools import wraps

from django.core import signing
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.exports.subject_data import record
from pledges.forms.personal import ManageForm, MyPledgeForm, NewAddressForm
from pledges.http import cookieless_form, personal_page, public_form, public_page, round_response_time
from pledges.models import Attempt, Batch, Message, Pledge, PledgingSettings
from pledges.network import network
from pledges.totals import tally
from pledges.views.sign import SeeOther


def behind_a_link(purpose, methods=("GET", "HEAD", "POST")):
    """Give the view the pledge its link belongs to.

    A link we did not make is a 404; one whose pledge is gone, or that was revoked, gets a page that says so.
    """

    def decorator(view):
        @personal_page
        @cookieless_form
        @require_http_methods(methods)
        @sensitive_post_parameters()
        @wraps(view)
        def wrapper(request, token):
            if request.method != "POST":
                return answer(request, token)
            # One press at a time: no correction may bring back what a withdrawal of the same moment erased.
            with transaction.atomic():
                return answer(request, token, lock=True)

        def answer(request, token, lock=False):
            try:
                pledge = (Pledge.objects.select_for_update() if lock else Pledge.objects).find_by_token(purpose, token)
            except signing.BadSignature:
                raise Http404 from None
            if pledge is None:
                return render(request, "pledges/link_ended.html", {"purpose": purpose}, status=410)
            return view(request, pledge)

        return wrapper

    return decorator


@behind_a_link(Purpose.CONFIRM)
def confirm(request, pledge):
    """One button that counts the pledge; opening the page changes nothing, however often scanners do.

    Only the press that confirmed sees the way to the pledge, which a message holds too: whoever is sent this link later gets
    an invitation instead.
    """
    if request.method == "POST":
        now_counted = pledge.confirm()
        if now_counted:
            Message.queue(Message.Kind.COUNTED, pledge)
        else:
            Batch.record_own_confirmation(pledge)
        pledge.refresh_from_db()
        if pledge.state == Pledge.State.CONFIRMED:
            own = {Purpose.MANAGE, Purpose.SHARE, Purpose.COMMIT} if now_counted else ()
            ways = {f"{purpose}_url": _path(purpose, pledge, request) for purpose in own}
            return render(request, "pledges/thanks.html", {"pledge": pledge, "totals": tally.read(), **ways})
    if pledge.state == Pledge.State.PENDING and Pledge.objects.pending().filter(pk=pledge.pk).exists():
        return render(request, "pledges/confirm.html", {"updates": pledge.updates})
    if pledge.state == Pledge.State.CONFIRMED:
        return render(request, "pledges/confirmed_before.html")
    return render(request, "pledges/link_ended.html", status=410)


@behind_a_link(Purpose.BLOCK)
def block(request, pledge):
    """ "It was not me": erase the unconfirmed pledge and never write to its address again."""
    if pledge.state != Pledge.State.PENDING:
        return render(request, "pledges/link_ended.html", status=410)
    if request.method == "POST":
        pledge.block()
        return render(request, "pledges/block.html", {"done": True})
    return render(request, "pledges/block.html")


@behind_a_link(Purpose.BLOCK_NEW_ADDRESS)
def block_new_address(request, pledge):
    """ "It was not me": forget the address someone wanted to change to, and never write to it again."""
    if request.method == "POST":
        pledge.block_new_address()
    return render(request, "pledges/block.html", {"done": request.method == "POST", "of_another": True})


@behind_a_link(Purpose.NEW_ADDRESS)
def new_address(request, pledge):
    """One button that makes the new address the pledge's own."""
    if request.method == "POST":
        if pledge.use_new_address():
            return render(request, "pledges/new_address.html", {"done": True})
        return render(request, "pledges/new_address.html", {"taken": True}, status=409)
    return render(request, "pledges/new_address.html")


@behind_a_link(Purpose.MANAGE)
def manage(request, pledge):
    """See and correct one's pledge, change the address, read what was signed, replace the link, withdraw."""
    if pledge.state == Pledge.State.PENDING:
        return render(request, "pledges/link_ended.html", status=410)
    action = request.path
    data = request.POST if request.method == "POST" else None
    changing_address, saved = bool(data and "change_address" in data), None
    if data and "revoke" in data:
        pledge.revoke_links()
        return render(request, "pledges/link_replaced.html")
    form = ManageForm(None if changing_address else data, pledge=pledge, action=action)
    address_form = NewAddressForm(data if changing_address else None, pledge=pledge, action=action)
    status = 200
    if data:
        used = address_form if changing_address else form
        if used.is_valid() and used.save():
            saved = _("We have written to the new address.") if changing_address else _("Your changes are saved.")
        elif used.is_valid():
            used.add_error(None, _("We wrote to you a moment ago. Please try again in a minute."))
        # Also after a refused change: the page shows what is kept beside what was typed.
        pledge.refresh_from_db()
        status = 200 if saved else 422
        if saved:
            form = ManageForm(pledge=pledge, action=action)
            address_form = NewAddressForm(pledge=pledge, action=action)
    context = {
        "pledge": pledge,
        "form": form,
        "address_form": address_form,
        "saved": saved,
        "signed_words": pledge.wording.in_language(pledge.worded_language),
        "signed_consent": pledge.consent.in_language(pledge.consent_language),
        "withdraw_url": _path(Purpose.WITHDRAW, pledge, request),
        "data_url": _path(Purpose.DATA, pledge, request),
        "share_url": _path(Purpose.SHARE, pledge, request),
        "commit_url": _path(Purpose.COMMIT, pledge, request),
        "certificate_url": _path(Purpose.CERTIFICATE, pledge, request),
        "brought": pledge.referral_count() if pledge.code else 0,
    }
    return render(request, "pledges/manage.html", context, status=status)


@behind_a_link(Purpose.WITHDRAW)
def withdraw(request, pledge):
    """One button that erases the pledge and the person at once."""
    if request.method == "POST":
        pledge.withdraw()
        return render(request, "pledges/withdraw.html", {"done": True})
    return render(request, "pledges/withdraw.html", {"manage_url": _path(Purpose.MANAGE, pledge, request)})


@behind_a_link(Purpose.DATA, methods=("GET", "HEAD"))
def data(request, pledge):
    """Everything kept about this pledge, as a JSON file."""
    response = JsonResponse(record(pledge), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="zotimi.json"'
    return response


@cookieless_form
@sensitive_post_parameters()
def my_pledge(request):
    """ "Send me my link": the same answer for every address."""
    if request.method == "POST":
        return _send_my_link(request)
    return _my_pledge_page(request)


@public_form
def _my_pledge_page(request):
    return render(request, "pledges/my_pledge.html", {"form": MyPledgeForm()})


@round_response_time
@personal_page
def _send_my_link(request):
    form = MyPledgeForm(request.POST)
    if not form.is_valid():
        form.give_back()
        return render(request, "pledges/my_pledge.html", {"form": form}, status=422)
    if not Attempt.admit(network(request), PledgingSettings.load().network_limit):
        form.add_error(
            None, _("Many people are asking from your network at this moment. Please try again in a minute.")
        )
        form.give_back()
        return render(request, "pledges/my_pledge.html", {"form": form}, status=429)
    form.save()
    return SeeOther(reverse("pledges:my_pledge_sent"))


@public_page
def my_pledge_sent(request):
    """What happens next, whether or not the address is known."""
    return render(request, "pledges/my_pledge_sent.html")


def _path(purpose, pledge, request):
    return links.path(purpose, pledge, language=request.LANGUAGE_CODE)
