"""Withdrawing and "It was not me": the pledge is erased immediately (story 13)."""

import itertools

import psycopg2
import pytest
from django.db import connection

from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import BlockedAddress, Message, Pledge, Tombstone
from tests import tally
from tests.factories import form_data, links_in, make_pledge, run_worker
from tests.pages import Document
from tests.pledges.signing.personal import (
    ADDRESS,
    NAME,
    SIGN,
    make_drita,
    opens_nothing,
    request_link,
    shows_no_personal_data,
)

pytestmark = pytest.mark.django_db


def test_13_confirming_after_withdrawal_does_nothing(client):
    pledge = make_drita("pending")
    link = links.path(Purpose.CONFIRM, pledge)
    pledge.withdraw()
    for response in (client.get(link), client.post(link)):
        assert opens_nothing(response)
    assert tally.read().total == 0 and not Pledge.objects.exists()


def every_row():
    """All rows of all tables, as the text PostgreSQL writes for them."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")
            for (row,) in cursor.fetchall():
                yield f"{table}: {row}"


def traces_of(pledge):
    """Text that identifies this pledge in a dump: id, name, address, ciphertexts and digests."""
    columns = ("name_cipher", "address_cipher", "address_digest", "name_digest", "domain_digest")
    return [str(pledge.pk), NAME, ADDRESS, *(bytes(getattr(pledge, column)).hex() for column in columns)]


def test_13_withdrawing_erases_the_person_immediately_and_sends_a_last_message(client, mailoutbox):
    make_pledge("Agim Hoxha", "agim@tjeter.example", state="confirmed")
    pledge = make_drita(sector="teachers", county_id="AL-10")
    traces = traces_of(pledge)
    request_link(client)
    assert Message.objects.queued().count() == 1, "a message is waiting"
    before = tally.read()
    link = links.path(Purpose.WITHDRAW, pledge)
    [form] = Document(client.get(link)).all("form")
    assert not Document(client.get(link)).all("input", node=form), "one button, no password"

    response = client.post(link)
    assert response.status_code == 200 and shows_no_personal_data(response)
    after = tally.read()
    assert after.total == before.total - 1 == 1
    assert {sector.slug: n for sector, n in after.sectors}["teachers"] == 0
    assert {county.code: n for county, n in after.counties}["AL-10"] == 0
    assert not Pledge.objects.filter(pk=pledge.pk).exists()
    assert [(m.kind, m.about_id) for m in Message.objects.all()] == [(Message.Kind.WITHDRAWN, None)]
    for old in (link, links.path(Purpose.MANAGE, pledge), links.path(Purpose.DATA, pledge)):
        assert opens_nothing(client.get(old))
    assert opens_nothing(client.post(link))

    run_worker()
    [last] = mailoutbox
    assert last.to == [ADDRESS] and "Drita" not in last.body
    rows = list(every_row())
    assert len(rows) > 50
    found = [row for row in rows if any(trace in row for trace in traces)]
    # A restored backup must not bring the pledge back, so its id stays for a while, and only that.
    [entry] = Tombstone.objects.all()
    assert (entry.kind, entry.row, entry.values) == ("pledges_pledge", str(pledge.pk), None)
    assert [row.partition(":")[0] for row in found] == ["pledges_tombstone"]


def test_it_was_not_me_erases_the_pledge_and_blocks_the_address(client, mailoutbox):
    client.post(SIGN, form_data(email=ADDRESS))
    run_worker()
    [link] = links_in(mailoutbox[0], "block")
    [confirm] = links_in(mailoutbox[0], "confirm")
    assert Document(client.get(link)).all("button") and Pledge.objects.exists()
    response = client.post(link)
    assert response.status_code == 200 and shows_no_personal_data(response)
    assert not Pledge.objects.exists() and not Message.objects.exists()
    mailoutbox.clear()
    for again in (
        client.post(SIGN, form_data(email=ADDRESS)),
        client.post(SIGN, form_data(email="Drita@Shembull.al", name="Agim Kola")),
        request_link(client),
    ):
        assert again.status_code == 303
    run_worker()
    assert mailoutbox == [] and not Pledge.objects.exists()
    for path in (link, confirm):
        assert opens_nothing(client.get(path)) and opens_nothing(client.post(path))


def test_a_confirmed_pledge_cannot_be_erased_by_an_old_block_link(client):
    pledge = make_drita("pending")
    link = links.path(Purpose.BLOCK, pledge)
    pledge.confirm()
    response = client.post(link)
    assert opens_nothing(response)
    assert tally.read().total == 1 and not BlockedAddress.objects.exists()


class Disconnecting:
    """Ends the connection of the request after its statement number `last`, counted from 1."""

    def __init__(self, last):
        self.left = last

    def __call__(self, execute, sql, *args):
        result = execute(sql, *args)
        self.left -= 1
        if self.left == 0:
            pid = connection.connection.get_backend_pid()
            with psycopg2.connect(connection.connection.dsn) as other, other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return result


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("purpose", "state"), [(Purpose.WITHDRAW, "confirmed"), (Purpose.CONFIRM, "pending")])
def test_a_change_that_is_lost_with_its_connection_is_not_said_to_be_done(client, purpose, state):
    assert client.get("/sq/").status_code == 200, "the content is held"
    for last in itertools.count(1):
        pledge = make_drita(state)
        disconnecting = Disconnecting(last)
        with connection.execute_wrapper(disconnecting):
            response = client.post(links.path(purpose, pledge))
        if disconnecting.left > 0:
            break
        is_unchanged = Pledge.objects.filter(pk=pledge.pk, state=state).exists()
        assert is_unchanged == (response.status_code == 503), f"after statement {last}"
        Pledge.objects.all().delete()
    assert last > 5
