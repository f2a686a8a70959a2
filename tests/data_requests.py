"""Requests under the law for tests."""

from django.utils import timezone

from pledges.models import DataRequest


def make_request(address="drita@shembull.al", name="Drita Kola", **overrides):
    """A saved request of someone whose identity staff have checked."""
    values = {"kind": "access", "language": "sq", "identity": "mailbox", "received_on": timezone.localdate()}
    request = DataRequest(**values | overrides)
    request.set_person(name, address)
    request.save(force_insert=True)
    request.refresh_from_db()
    return request


def page_of(request):
    """The path of the page of a request."""
    return f"/admin/pledges/datarequest/{request.pk}/change/"
