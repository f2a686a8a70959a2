"""The admin of the pledges: what staff can see and do there, and what they cannot."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from pledges.models import (
    Batch,
    BlockedAddress,
    Commitment,
    County,
    Message,
    Municipality,
    Pledge,
    PledgingSettings,
    ProviderRule,
    Sector,
    Wording,
)
from pledges.totals import tally
from staff.models import AuditEntry
from tests.clock import let_time_pass
from tests.factories import links_in, make_pledge, make_staff, run_worker, sign_in
from tests.pages import filled
from tests.threads import PATIENCE, begin, held_open

pytestmark = pytest.mark.django_db

LIST = "/admin/pledges/pledge/"
ENGLISH = {"accept-language": "en"}
PERSON = {"name": "Drita Kola", "address": "drita.kola@shembull.al"}


def words(response):
    return response.content.decode()


def staff(client, *permissions):
    """The client, signed in as staff with these permissions, such as "view_pledge"."""
    return sign_in(client, make_staff(*permissions, username="zana"))


def change(thing):
    return reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])


def act(client, action, *pledges, path=LIST, **extra):
    """Choose an action for the ticked pledges."""
    data = {"action": action, "_selected_action": [str(pledge.pk) for pledge in pledges], **extra}
    return client.post(path, data, headers=ENGLISH, follow=True)


def figures(response):
    """The numbers that a confirmation page states, in order."""
    return [number for _label, number in response.context["facts"]]


def total():
    figures = tally.read()
    assert tally.differences() == []
    return figures.total


# Who sees whom


def pages_of(client, pledge):
    """Every page on which a pledge appears."""
    LogEntry.objects.log_actions(User.objects.last().pk, [pledge], 2, "Changed.")
    paths = [LIST, change(pledge), f"{LIST}{pledge.pk}/history/", f"{LIST}{pledge.pk}/delete/"]
    return [client.get(path) for path in [*paths, "/admin/", "/admin/pledges/message/"]]


def test_without_the_permission_no_page_shows_a_name_or_an_address(client):
    pledge = make_pledge(**PERSON)
    Message.queue(Message.Kind.CONFIRM, pledge)
    staff(client, "view_pledge", "change_pledge", "delete_pledge", "view_message")
    for response in pages_of(client, pledge):
        assert response.status_code == 200
        assert "Drita" not in words(response)
        assert "drita.kola" not in words(response)
    assert "find/" not in words(client.get(LIST))
    assert client.post(f"{LIST}find/", {"email": PERSON["address"]}).status_code == 403


def test_who_may_only_view_sees_the_pledge_but_not_the_person(client):
    pledge = make_pledge(**PERSON)
    staff(client, "view_pledge")
    page = client.get(change(pledge))
    assert str(pledge.pk) in words(page)
    assert "Drita" not in words(page)
    assert client.post(change(pledge), {"language": "en"}).status_code == 403


def test_with_the_permission_list_and_page_show_the_person(client):
    pledge = make_pledge(**PERSON)
    staff(client, "view_pledge", "see_people")
    for path in (LIST, change(pledge)):
        page = words(client.get(path))
        assert "Drita Kola" in page
        assert PERSON["address"] in page


def test_digests_and_ciphertexts_are_on_no_page(admin_client):
    pledge = make_pledge(network="192.0.2.1", **PERSON)
    page = words(admin_client.get(change(pledge)))
    for column in ("digest", "cipher", "link_version", "slot"):
        assert column not in page


def test_a_row_that_no_key_opens_does_not_take_the_list_down(admin_client):
    make_pledge(**PERSON)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = words(admin_client.get(LIST, headers=ENGLISH))
    assert "cannot be decrypted" in page
    assert PERSON["address"] in page


# Finding by address


def test_an_exact_address_is_found_however_it_is_written_and_stays_out_of_urls_and_history(admin_client):
    pledge = make_pledge(name="Drita Kola", address="drita.kola@gmail.com")
    other = make_pledge()
    response = admin_client.post(
        f"{LIST}find/", {"email": " Drita.Kola+zotimi@GMAIL.com"}, follow=True, headers=ENGLISH
    )
    assert response.redirect_chain == [(f"{LIST}?id__in={pledge.pk}", 302)]
    assert change(pledge) in words(response)
    assert change(other) not in words(response)
    assert not LogEntry.objects.exists()
    assert 'name="q"' not in words(response)


def test_both_pledges_of_an_address_are_found(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    page = words(admin_client.post(f"{LIST}find/", {"email": "kola@shembull.al"}, follow=True))
    assert change(first) in page
    assert change(second) in page


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("nobody@shembull.al", "No pledge has this address."), ("nobody", "Write the whole e-mail address")],
)
def test_an_address_that_is_not_found_or_not_whole_is_answered_in_words(admin_client, typed, answer):
    response = admin_client.post(f"{LIST}find/", {"email": typed}, follow=True, headers=ENGLISH)
    assert answer in words(response)
    assert response.redirect_chain == [(LIST, 302)]
    assert typed not in words(response)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("id__in=nonsense", 302),
        ("address_digest=abc", 400),
        ("name_cipher__contains=a", 400),
    ],
)
def test_a_made_up_filter_is_refused(admin_client, query, status):
    make_pledge(**PERSON)
    assert admin_client.get(f"{LIST}?{query}").status_code == status


# Correcting


def test_corrections_are_kept_and_counted(admin_client):
    pledge = make_pledge(sector="parents", state="confirmed")
    teachers = Sector.objects.get(slug="teachers")
    page = admin_client.get(change(pledge))
    corrected = {"sector": teachers.pk, "county": "AL-01", "language": "en", "updates": "on", "asked": "phone"}
    response = admin_client.post(change(pledge), filled(page, **corrected))
    assert response.status_code == 302
    pledge.refresh_from_db()
    assert (pledge.sector, pledge.county_id, pledge.language, pledge.updates) == (
        teachers,
        "AL-01",
        "en",
        True,
    )
    assert {sector.slug: n for sector, n in tally.read().sectors}["teachers"] == 1
    assert total() == 1
    history = words(admin_client.get(f"{LIST}{pledge.pk}/history/", headers=ENGLISH))
    assert "Changed sector, county, language and wants news." in history


def test_nothing_else_can_be_changed_by_sending_more(admin_client):
    pledge = make_pledge(**PERSON)
    page = admin_client.get(change(pledge))
    more = {"state": "confirmed", "address": "x@shembull.al", "consent": "1", "slot": "2"}
    admin_client.post(change(pledge), filled(page, language="en", asked="letter", **more))
    pledge.refresh_from_db()
    assert (pledge.language, pledge.state, pledge.address, pledge.slot) == ("en", "pending", PERSON["address"], 1)


def test_a_confirmation_while_staff_have_the_form_open_is_not_undone(admin_client):
    pledge = make_pledge()
    page = admin_client.get(change(pledge))
    pledge.confirm()
    admin_client.post(change(pledge), filled(page, updates="on", asked="phone"))
    pledge.refresh_from_db()
    assert (pledge.state, pledge.updates) == ("confirmed", True)


def test_names_of_young_people_cannot_be_shown(admin_client):
    pledge = make_pledge(sector="youth")
    page = admin_client.get(change(pledge))
    response = admin_client.post(change(pledge), filled(page, show_name="on"), headers=ENGLISH)
    assert "Names of this sector are never shown." in words(response)
    pledge.refresh_from_db()
    assert not pledge.show_name


def test_a_pledge_cannot_be_made_by_staff(admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403


# Correcting and erasing because someone asked


def correct(client, pledge, **changes):
    """Fill the form of one pledge as someone asked for by phone, and save it."""
    page = client.get(change(pledge))
    return client.post(change(pledge), filled(page, **({"asked": "phone"} | changes)), headers=ENGLISH)


def test_a_correction_asks_how_it_was_asked_for_and_keeps_what_was_typed(admin_client):
    pledge = make_pledge(**PERSON)
    response = correct(admin_client, pledge, name="Drita Kolaj", asked="")
    assert "Say how you were asked for this." in words(response)
    assert "Drita Kolaj" in words(response)
    pledge.refresh_from_db()
    assert pledge.name == "Drita Kola"


def test_a_corrected_name_is_known_by_its_new_digest_and_the_person_is_told(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    assert correct(admin_client, pledge, name="Drita  Kolaj", county="").status_code == 302
    pledge.refresh_from_db()
    assert (pledge.name, pledge.address, pledge.county) == ("Drita Kolaj", PERSON["address"], None)
    again = Pledge()
    again.set_digests("Kolaj DRITA", PERSON["address"])
    assert again.find_duplicate() == pledge
    run_worker()
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([PERSON["address"]], "Your details are corrected")
    assert "Hello, Drita Kolaj." in mail.body
    assert "County: not given" in mail.body
    assert len(links_in(mail, "manage")) == 1
    [record] = AuditEntry.objects.filter(action="change")
    assert (record.subject_ids, record.details) == ([pledge.pk], {"asked": "phone", "fields": ["name", "county"]})


def test_saving_without_a_change_writes_to_nobody_and_leaves_no_record_of_a_change(admin_client):
    pledge = make_pledge(state="confirmed", **PERSON)
    correct(admin_client, pledge)
    assert not Message.objects.exists()
    assert not AuditEntry.objects.filter(action="change").exists()


def test_a_name_that_the_other_pledge_of_the_address_bears_is_refused_by_its_field(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al")
    make_pledge(name="Besnik Kola", address="kola@shembull.al")
    response = correct(admin_client, first, name="KOLA Besnik")
    assert list(response.context["adminform"].form.errors) == ["name"]
    first.refresh_from_db()
    assert first.name == "Drita Kola"


def test_a_new_address_waits_until_it_is_confirmed_there_and_the_old_one_is_told(admin_client, client, mailoutbox):
    pledge = make_pledge(state="confirmed", language="en", **PERSON)
    correct(admin_client, pledge, new_email="drita@tjeter.al")
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == (PERSON["address"], "drita@tjeter.al")
    run_worker()
    told = {mail.to[0]: mail for mail in mailoutbox}
    assert set(told) == {PERSON["address"], "drita@tjeter.al"}
    assert "You have also given us another address." in told[PERSON["address"]].body
    [link] = links_in(told["drita@tjeter.al"], "new_address")
    client.post(link)
    pledge.refresh_from_db()
    assert (pledge.address, pledge.new_address) == ("drita@tjeter.al", None)
    for record in AuditEntry.objects.all():
        assert "tjeter" not in str(record.details)


def test_the_mistyped_address_of_a_waiting_pledge_is_not_written_to_and_the_right_one_confirms(
    admin_client, client, mailoutbox
):
    pledge = make_pledge(name="Drita Kola", address="drita@gabim.al")
    correct(admin_client, pledge, new_email="drita@sakte.al")
    run_worker()
    assert [mail.to for mail in mailoutbox] == [["drita@sakte.al"]]
    client.post(links_in(mailoutbox[0], "new_address")[0])
    run_worker()
    assert total() == 0, "it is confirmed by its own message, to the right address"
    assert mailoutbox[1].to == ["drita@sakte.al"]
    client.post(links_in(mailoutbox[1], "confirm")[0])
    assert total() == 1


def test_who_asked_never_to_be_written_to_is_not(admin_client):
    make_pledge(**PERSON).block()
    pledge = make_pledge(state="confirmed", **PERSON)
    correct(admin_client, pledge, county="AL-01")
    assert not Message.objects.exists()


def test_without_the_permission_to_see_people_the_rest_can_be_corrected_and_the_person_cannot(client):
    pledge = make_pledge(**PERSON)
    staff(client, "view_pledge", "change_pledge")
    correct(client, pledge, county="AL-01", name="Tjetër Emër", new_email="x@shembull.al")
    pledge.refresh_from_db()
    assert (pledge.county_id, pledge.name, pledge.new_address) == ("AL-01", "Drita Kola", None)


def test_a_person_whom_no_key_opens_can_be_corrected_in_the_rest(admin_client):
    pledge = make_pledge(**PERSON)
    Pledge.objects.update(name_cipher=b"\x00" * 40)
    page = admin_client.get(change(pledge), headers=ENGLISH)
    assert "cannot be decrypted" in words(page)
    assert "new_email" not in page.context["adminform"].form.fields


def test_a_correction_of_a_pledge_that_was_erased_meanwhile_is_answered_in_words(admin_client):
    pledge = make_pledge(**PERSON)
    page = admin_client.get(change(pledge))
    pledge.withdraw()
    response = admin_client.post(change(pledge), filled(page, name="Tjetër Emër", asked="phone"), follow=True)
    assert response.redirect_chain == [("/admin/", 302)]
    assert not Pledge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_in_the_same_moment_is_refused_by_the_database(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    second.set_person("Ilir Kola", second.address)
    with held_open(lambda: second.save()):
        saving = begin(lambda: correct(admin_client, first, name="Ilir Kola"))
    assert saving.result(PATIENCE).status_code == 302
    first.refresh_from_db()
    assert first.name == "Drita Kola"


# Who shares an address


def test_the_page_says_who_else_pledged_from_the_address_and_how_often_others_tried(admin_client):
    first = make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    other = make_pledge()
    for _ in range(3):
        Message.queue(Message.Kind.FULL, first)
    Message.queue(Message.Kind.FULL, other)
    page = admin_client.get(change(second), headers=ENGLISH)
    assert f'<a href="{change(first)}">{first}</a>' in words(page)
    assert change(other) not in words(page)
    assert '<div class="readonly">3</div>' in words(page)


def test_the_list_counts_addresses_with_two_and_shows_the_second_of_each(admin_client):
    make_pledge(name="Drita Kola", address="kola@shembull.al")
    second = make_pledge(name="Besnik Kola", address="kola@shembull.al")
    left = make_pledge(name="Ilir Gega", address="gega@shembull.al")
    alone = make_pledge(name="Teuta Gega", address="gega@shembull.al")
    left.withdraw()
    assert "Second from its address (1)" in words(admin_client.get(LIST, headers=ENGLISH))
    page = admin_client.get(f"{LIST}?second=yes")
    assert [pledge.pk for pledge in page.context["cl"].result_list] == [second.pk]
    assert alone.slot == 2


# The list at any length


def shown(client, query):
    return [pledge.pk for pledge in client.get(f"{LIST}?{query}").context["cl"].result_list]


@pytest.mark.parametrize("field", ["created_at", "confirmed_at", "invalidated_at"])
def test_days_begin_at_midnight_in_albania(admin_client, field):
    moments = ["2026-03-10T22:59Z", "2026-03-10T23:00Z", "2026-03-11T22:59Z", "2026-03-11T23:00Z"]
    pledges = [make_pledge(state="invalidated") for _ in moments]
    for pledge, moment in zip(pledges, moments, strict=True):
        Pledge.objects.filter(pk=pledge.pk).update(**{field: datetime.fromisoformat(moment)})
    day = {pledge.pk for pledge in pledges[1:3]}
    assert set(shown(admin_client, f"{field}_from=2026-03-11&{field}_to=2026-03-11")) == day
    assert set(shown(admin_client, f"{field}_from=2026-03-11")) == day | {pledges[3].pk}
    assert set(shown(admin_client, f"{field}_to=2026-03-11")) == day | {pledges[0].pk}


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "2026-03-11x", "%00"])
def test_a_day_that_is_none_is_refused_or_finds_nothing(admin_client, day):
    make_pledge()
    for name in ("created_at_from", "created_at_to"):
        response = admin_client.get(f"{LIST}?{name}={day}", follow=True)
        assert response.status_code == 200


def test_the_filter_by_day_keeps_the_other_filters(admin_client):
    page = words(admin_client.get(f"{LIST}?state__exact=pending&created_at_from=2026-03-11"))
    assert '<input type="hidden" name="state__exact" value="pending">' in page
    assert 'name="created_at_from" value="2026-03-11"' in page


def test_pages_follow_each_other_without_gap_and_double_to_the_last(admin_client):
    make_many(120)
    pages = [shown(admin_client, f"p={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    newest = Pledge.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert sum(pages, []) == list(newest)
    for beyond in ("4", "99999999999999999999", "-1", "x"):
        page = admin_client.get(f"{LIST}?p={beyond}")
        assert page.status_code == 200
        assert [pledge.pk for pledge in page.context["cl"].result_list] in pages


def test_many_are_counted_about_and_few_exactly(admin_client, monkeypatch):
    monkeypatch.setattr("pledges.admin.lists.COUNT_LIMIT", 100)
    make_many(1500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pledges_pledge")
    page = admin_client.get(LIST, headers=ENGLISH)
    assert re.search(r"about 1,?500 pledges", words(page))
    # An estimate that is too high by far is no way into nothing.
    Pledge.objects.filter(pk__in=Pledge.objects.values("pk")[:1400]).delete()
    page = admin_client.get(f"{LIST}?p=29", headers=ENGLISH)
    assert len(page.context["cl"].result_list) == 50
    assert "100 pledges" in words(page)


def make_many(number):
    """So many pledges, no two signed in the same moment; no key opens them."""
    from tests.pledges.test_batches import copies

    first = make_pledge()
    copies(first, number - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pledges_pledge SET created_at = created_at - n * interval '1 second' FROM "
            "(SELECT id, row_number() OVER () n FROM pledges_pledge) numbered WHERE numbered.id = pledges_pledge.id"
        )


# Looks are on record


def looks():
    return [
        (entry.user_id, set(entry.subject_ids), entry.details) for entry in AuditEntry.objects.filter(action="look")
    ]


def test_every_look_at_people_is_on_record_by_pledge(admin_client):
    pledge, other = make_pledge(**PERSON), make_pledge()
    user = User.objects.get().pk
    admin_client.get(LIST)
    admin_client.get(change(pledge))
    admin_client.post(f"{LIST}find/", {"email": PERSON["address"]})
    correct(admin_client, pledge, asked="")
    listed, opened, found, before, again = reversed(looks())
    assert listed == (user, {pledge.pk, other.pk}, {"page": "list"})
    assert opened == (user, {pledge.pk}, {"page": "pledge"})
    assert found == (user, {pledge.pk}, {"page": "find"})
    assert before == again == opened
    assert "shembull" not in str(AuditEntry.objects.values_list("details", flat=True))


def test_what_shows_nobody_is_not_on_record(client):
    pledge = make_pledge(**PERSON)
    staff(client, "view_pledge", "change_pledge")
    client.get(LIST)
    client.get(change(pledge))
    assert looks() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_record_nobody_is_shown(admin_client):
    pledge = make_pledge(**PERSON)
    admin_client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE staff_auditentry ADD CONSTRAINT full_disk CHECK (action <> 'look') NOT VALID")
        try:
            for path in (LIST, change(pledge)):
                answer = admin_client.get(path)
                assert answer.status_code == 500
                assert "Drita" not in words(answer)
            assert admin_client.post(f"{LIST}find/", {"email": PERSON["address"]}).status_code == 500
        finally:
            cursor.execute("ALTER TABLE staff_auditentry DROP CONSTRAINT full_disk")


# Actions


def test_confirming_counts_only_what_waits(admin_client):
    waiting, counted, out = make_pledge(), make_pledge(state="confirmed"), make_pledge(state="invalidated")
    assert "1 pledge is confirmed." in words(act(admin_client, "confirm", waiting, counted, out))
    assert total() == 2
    out.refresh_from_db()
    assert out.state == "invalidated"
    assert [entry.subject_ids for entry in AuditEntry.objects.filter(action="change")] == [[waiting.pk]]


def test_invalidating_and_restoring_bring_each_pledge_back_to_what_it_was(admin_client):
    waiting, counted = make_pledge(), make_pledge(state="confirmed")
    assert "2 pledges are invalidated." in words(act(admin_client, "invalidate", waiting, counted))
    assert total() == 0
    assert "2 pledges are restored." in words(act(admin_client, "restore", waiting, counted))
    assert total() == 1
    waiting.refresh_from_db()
    assert waiting.state == "pending"


def test_an_action_on_the_page_of_one_pledge(admin_client):
    pledge = make_pledge()
    admin_client.post(change(pledge), {"CHANGE_FORM-action": "confirm", "_selected_action": str(pledge.pk)})
    assert total() == 1


@pytest.mark.parametrize("action", ["confirm", "invalidate", "restore", "invalidate_networks", "erase"])
def test_who_may_only_view_can_do_nothing(client, action):
    pledge, out = make_pledge(state="confirmed"), make_pledge(state="invalidated")
    staff(client, "view_pledge", "see_people")
    act(client, action, pledge, out, sure="yes")
    assert sorted(Pledge.objects.values_list("state", flat=True)) == ["confirmed", "invalidated"]


def test_invalidating_a_network_says_how_many_first_and_can_be_undone(admin_client):
    bots = [make_pledge(network="192.0.2.7", state="confirmed") for _ in range(3)]
    bots.append(make_pledge(network="192.0.2.7"))
    make_pledge(network="192.0.2.8", state="confirmed")
    make_pledge(state="confirmed")
    asked = act(admin_client, "invalidate_networks", bots[0])
    assert figures(asked) == [1, 4, 3]
    assert total() == 5
    done = act(admin_client, "invalidate_networks", bots[0], sure="yes")
    assert "4 pledges are invalidated." in words(done)
    assert total() == 2
    assert sum(AuditEntry.objects.filter(action="change").values_list("count", flat=True)) == 4
    admin_client.post(change(Batch.objects.get()), {"undo": "yes"})
    assert total() == 5


def test_a_forgotten_network_is_like_no_other(admin_client):
    first, _second = make_pledge(state="confirmed"), make_pledge(state="confirmed")
    assert "0 pledges are invalidated." in words(act(admin_client, "invalidate_networks", first, sure="yes"))
    assert total() == 2


def test_invalidating_a_mail_domain(admin_client):
    for number in range(3):
        make_pledge(address=f"bot{number}@bots.example", state="confirmed")
    make_pledge(state="confirmed")
    bot = Pledge.objects.of_domain("bots.example").first()
    asked = act(admin_client, "invalidate_domains", bot)
    assert figures(asked)[1] == 3
    act(admin_client, "invalidate_domains", bot, sure="yes")
    assert total() == 1


def test_a_mail_domain_can_be_typed_and_stays_out_of_urls_and_records(admin_client):
    for number in range(3):
        make_pledge(address=f"bot{number}@Böts.example", state="confirmed")
    make_pledge(state="confirmed")
    asked = admin_client.post(f"{LIST}domain/", {"domain": "@böts.example"}, headers=ENGLISH)
    assert (figures(asked), total()) == ([3, 3, 3], 4)
    admin_client.post(f"{LIST}domain/", {"domain": "böts.example", "sure": "yes"})
    assert total() == 1
    batch = Batch.objects.get()
    assert (batch.chosen, batch.choice) == ("domains", {})
    assert "example" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


@pytest.mark.parametrize("typed", ["", "gmail", "emri@shembull.al", "x" * 300 + ".al"])
def test_what_is_no_mail_domain_is_refused_in_words(admin_client, typed):
    make_pledge(address="emri@shembull.al")
    response = admin_client.post(f"{LIST}domain/", {"domain": typed, "sure": "yes"}, follow=True, headers=ENGLISH)
    assert response.redirect_chain == [(LIST, 302)]
    assert not Batch.objects.exists()


def test_a_domain_that_nobody_pledged_from_changes_nothing(admin_client):
    response = admin_client.post(f"{LIST}domain/", {"domain": "askush.al"}, follow=True, headers=ENGLISH)
    assert "0 pledges are invalidated." in words(response)
    assert not Batch.objects.exists()


def test_more_than_a_handful_is_done_by_the_worker_and_undone_by_it(admin_client):
    make_many(250)
    Pledge.objects.pending().confirm()
    one = Pledge.objects.first()
    asked = act(admin_client, "invalidate", one, select_across="1")
    assert figures(asked) == [250, 250, 250]
    begun = act(admin_client, "invalidate", one, select_across="1", sure="yes")
    batch = Batch.objects.get()
    assert begun.redirect_chain == [(change(batch), 302)]
    assert (total(), "0 of 250" in words(begun)) == (250, True)
    run_worker()
    assert total() == 0
    admin_client.post(change(batch), {"undo": "yes"})
    assert total() == 0
    run_worker()
    assert total() == 250
    page = admin_client.get(change(batch), headers=ENGLISH)
    assert "Invalidate: undone" in words(page)
    assert 'name="undo"' not in words(page)


def test_a_batch_can_be_stopped_and_what_failed_tried_again(admin_client):
    make_pledge(state="confirmed")
    batch = Batch.begin("invalidate", Pledge.objects.all(), None, "selection")
    admin_client.post(change(batch), {"cancel": "yes"})
    run_worker()
    assert total() == 1
    Batch.objects.update(state="failed", error="DataError")
    assert "DataError" in words(admin_client.get(change(batch)))
    admin_client.post(change(batch), {"go_on": "yes"})
    run_worker()
    assert total() == 0


def test_undoing_a_confirmation_says_who_would_be_erased(admin_client):
    pledge = make_pledge()
    act(admin_client, "confirm", pledge)
    let_time_pass(timedelta(days=20))
    page = admin_client.get(change(Batch.objects.get()), headers=ENGLISH)
    assert "1 of them has waited longer than 14 days" in words(page)


@pytest.mark.parametrize("permissions", [["view_pledge", "see_people"], ["view_message"], []])
def test_who_may_not_change_pledges_sees_and_undoes_no_batch(client, permissions):
    make_pledge(state="confirmed")
    batch = Batch.begin("invalidate", Pledge.objects.all(), None, "selection")
    batch.finish()
    staff(client, *permissions)
    for path in ("/admin/pledges/batch/", change(batch)):
        assert client.get(path).status_code == 403
    assert client.post(change(batch), {"undo": "yes"}).status_code == 403
    assert client.post(f"{LIST}domain/", {"domain": "shembull.al", "sure": "yes"}).status_code == 403
    assert total() == 0


def test_a_batch_that_is_not_there_is_answered_in_words(admin_client):
    for number in ("999", "x"):
        assert admin_client.get(f"/admin/pledges/batch/{number}/change/").status_code == 302


def test_all_that_the_filters_show_can_be_chosen_at_once(admin_client):
    pledges = [make_pledge(sector=slug) for slug in ("parents", "parents", "teachers")]
    parents = Sector.objects.get(slug="parents")
    path = f"{LIST}?sector__id__exact={parents.pk}"
    asked = act(admin_client, "confirm", pledges[0], path=path, select_across="1")
    assert (figures(asked), total()) == ([2, 2, 0], 0)
    act(admin_client, "confirm", pledges[0], path=path, select_across="1", sure="yes")
    assert total() == 2
    batch = Batch.objects.get()
    assert batch.choice == {"sector__id__exact": str(parents.pk)}
    assert f'href="{path}"' in words(admin_client.get(change(batch)))


def test_erasing_asks_first_and_writes_a_last_message_to_each(admin_client, mailoutbox):
    pledges = [make_pledge(state="confirmed", **PERSON), make_pledge(state="confirmed")]
    assert figures(act(admin_client, "erase", *pledges)) == [2]
    assert total() == 2
    unsaid = act(admin_client, "erase", *pledges, sure="yes")
    assert "Say how you were asked for this." in words(unsaid)
    assert total() == 2
    assert "2 pledges are erased." in words(act(admin_client, "erase", *pledges, sure="yes", asked="own"))
    assert total() == 0
    run_worker()
    assert PERSON["address"] in [mail.to[0] for mail in mailoutbox]
    assert len(mailoutbox) == 2
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {str(pledge) for pledge in pledges}


def test_more_than_can_be_erased_in_one_go_is_refused_in_words(admin_client):
    pledges = [make_pledge() for _ in range(501)]
    response = act(admin_client, "erase", pledges[0], select_across="1", sure="yes")
    assert "These are more than 500 pledges." in words(response)
    assert Pledge.objects.count() == 501


def test_erasing_from_the_page_of_one_pledge_writes_the_last_message_too(admin_client, mailoutbox):
    pledge = make_pledge(state="confirmed", **PERSON)
    Message.queue(Message.Kind.LINKS, pledge)
    page = words(admin_client.get(f"{LIST}{pledge.pk}/delete/", headers=ENGLISH))
    assert "A last message tells them so." in page
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes"})
    assert total() == 1, "nobody said how it was asked"
    admin_client.post(f"{LIST}{pledge.pk}/delete/", {"post": "yes", "asked": "letter"})
    assert total() == 0
    assert AuditEntry.objects.get(action="erase").details == {"asked": "letter"}
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]


def test_a_person_whom_no_key_opens_is_not_erased_without_a_last_message(admin_client, mailoutbox):
    """Keys are missing by mistake: once they are back, the person is written to."""
    locked, other = make_pledge(), make_pledge()
    Pledge.objects.filter(pk=locked.pk).update(address_cipher=b"\x00" * 40)
    once = admin_client.post(
        f"{LIST}{locked.pk}/delete/", {"post": "yes", "asked": "phone"}, headers=ENGLISH, follow=True
    )
    many = act(admin_client, "erase", locked, other, sure="1", asked="phone")
    for page in (once, many):
        assert "No key opens the address of this pledge" in page.text
    assert list(Pledge.objects.all()) == [locked] and "1 pledge is erased." in many.text
    assert AuditEntry.objects.filter(action="erase").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_no_page_of_a_pledge_takes_what_it_does_not_know_for_a_fault(admin_client, page):
    path = f"{LIST}{make_pledge().pk}/{page}/"
    for method in ("post", "put", "patch", "delete", "options", "trace", "head"):
        assert admin_client.generic(method.upper(), path).status_code < 500, method


def test_djangos_own_deletion_is_not_offered_for_pledges(admin_client):
    pledge = make_pledge()
    page = words(admin_client.get(LIST))
    assert "delete_selected" not in page
    act(admin_client, "delete_selected", pledge, post="yes")
    assert Pledge.objects.exists()


def test_the_history_of_the_admin_names_nobody(admin_client):
    pledge = make_pledge(**PERSON)
    page = admin_client.get(change(pledge))
    admin_client.post(change(pledge), filled(page, updates="on", name="Drita Kolaj", asked="phone"))
    act(admin_client, "erase", pledge, sure="yes", asked="phone")
    assert LogEntry.objects.count() == 2
    for entry in LogEntry.objects.all():
        line = f"{entry.object_repr} {entry.change_message}"
        assert "Drita" not in line
        assert "shembull" not in line


# Sectors and places


def sector_form(client, **changes):
    """What a browser sends for a new sector."""
    new = {
        "name_sq": "Sportistë",
        "name_en": "Athletes",
        "slug": "athletes",
        "color": "s3",
        "is_open": "on",
        "pledge_sq": "Si sportist, zotohem.",
        "pledge_en": "As an athlete, I pledge.",
    }
    return filled(client.get("/admin/pledges/sector/add/"), **(new | changes))


def test_a_new_sector_takes_its_words_and_can_be_chosen(admin_client):
    response = admin_client.post("/admin/pledges/sector/add/", sector_form(admin_client))
    assert response.status_code == 302
    sector = Sector.objects.open().get(slug="athletes")
    words_of_it = sector.wordings.get()
    assert (words_of_it.version, words_of_it.text_en) == (1, "As an athlete, I pledge.")
    assert "Athletes" in words(admin_client.get("/en/pledge/"))
    assert "As an athlete, I pledge." in words(admin_client.get(change(sector)))


@pytest.mark.parametrize("missing", ["pledge_sq", "pledge_en", "name_sq", "name_en"])
def test_a_sector_without_words_or_name_in_one_language_is_refused_and_nothing_typed_is_lost(admin_client, missing):
    form = sector_form(admin_client, **{missing: ""})
    response = admin_client.post("/admin/pledges/sector/add/", form)
    assert list(response.context["adminform"].form.errors) == [missing]
    assert "athletes" in words(response)
    assert not Sector.objects.filter(slug="athletes").exists()


def test_a_hint_in_one_language_is_asked_for_in_the_other(admin_client):
    form = sector_form(admin_client, hint_en="Those who compete")
    response = admin_client.post("/admin/pledges/sector/add/", form, headers=ENGLISH)
    assert list(response.context["adminform"].form.errors) == ["hint_sq"]
    assert "Write this in both languages, or leave both empty." in words(response)


def test_a_slug_that_exists_is_refused_by_its_field(admin_client):
    response = admin_client.post("/admin/pledges/sector/add/", sector_form(admin_client, slug="parents"))
    assert list(response.context["adminform"].form.errors) == ["slug"]


def test_the_slug_and_the_keys_of_commitments_stay(admin_client):
    parents = Sector.objects.get(slug="parents")
    keys_before = list(parents.commitments.values_list("key", flat=True))
    page = admin_client.get(change(parents))
    form = filled(page, slug="others", name_en="All parents")
    form |= {name: "other-key" for name in form if name.endswith("-key")} | {"commitments-0-key": "other-key"}
    form["commitments-0-text_en"] = "I listen."
    assert admin_client.post(change(parents), form).status_code == 302
    parents.refresh_from_db()
    assert (parents.slug, parents.name_en) == ("parents", "All parents")
    assert list(parents.commitments.values_list("key", flat=True)) == keys_before
    assert parents.commitments.filter(text_en="I listen.").exists()
    assert Commitment.objects.filter(sector=parents).count() == len(keys_before)


def test_a_sector_with_pledges_cannot_be_deleted(admin_client):
    parents = Sector.objects.get(slug="parents")
    for _ in range(3):
        make_pledge(sector="parents")
    path = f"/admin/pledges/sector/{parents.pk}/delete/"
    assert "Parents: 3 pledges" in words(admin_client.get(path, headers=ENGLISH))
    admin_client.post(path, {"post": "yes"})
    bulk = {"action": "delete_selected", "_selected_action": parents.pk, "post": "yes"}
    admin_client.post("/admin/pledges/sector/", bulk)
    assert Sector.objects.filter(pk=parents.pk).exists()


def test_a_sector_whose_words_are_signed_elsewhere_cannot_be_deleted(admin_client):
    pledge = make_pledge(sector="parents")
    parents = pledge.sector
    Pledge.objects.update(sector=Sector.objects.get(slug="teachers"))
    admin_client.post(f"/admin/pledges/sector/{parents.pk}/delete/", {"post": "yes"})
    assert Sector.objects.filter(pk=parents.pk).exists()


def test_a_sector_without_pledges_can_be_deleted(admin_client):
    artists = Sector.objects.get(slug="artists")
    admin_client.post(f"/admin/pledges/sector/{artists.pk}/delete/", {"post": "yes"})
    assert not Sector.objects.filter(pk=artists.pk).exists()


def test_a_county_with_pledges_or_municipalities_cannot_be_deleted(admin_client):
    make_pledge(county_id="abroad")
    for code in ("abroad", "AL-01"):
        county = County.objects.get(pk=code)
        admin_client.post(change(county).replace("/change/", "/delete/"), {"post": "yes"})
        assert County.objects.filter(pk=code).exists()


# Words


def test_changing_signed_words_makes_a_new_version_and_leaves_what_was_signed(admin_client):
    pledge = make_pledge(sector="parents")
    signed = pledge.wording
    page = admin_client.get(change(signed))
    form = filled(page, text_sq="Zotohem ndryshe.", text_en="I pledge otherwise.")
    response = admin_client.post(change(signed), form, follow=True, headers=ENGLISH)
    assert "version 2" in words(response)
    pledge.refresh_from_db()
    assert pledge.wording.text_en == signed.text_en
    newest = Wording.objects.pledges().current().get(sector=pledge.sector)
    assert (newest.version, newest.text_en, newest.pk != signed.pk) == (2, "I pledge otherwise.", True)
    assert "I pledge otherwise." in words(admin_client.get("/en/pledge/"))
    assert response.redirect_chain[-1][0] == change(newest)


def test_saving_signed_words_unchanged_makes_no_version(admin_client):
    signed = make_pledge().consent
    admin_client.post(change(signed), filled(admin_client.get(change(signed))))
    assert Wording.objects.consent().count() == 1


def test_words_that_nobody_signed_become_a_new_version_too(admin_client):
    wording = Wording.objects.pledges().get(sector__slug="artists")
    form = filled(admin_client.get(change(wording)), text_en="I, an artist, pledge.")
    assert admin_client.post(change(wording), form).status_code == 302
    newest = Wording.objects.current().get(sector=wording.sector)
    assert (newest.version, newest.text_en) == (2, "I, an artist, pledge.")
    wording.refresh_from_db()
    assert (wording.version, wording.text_en != newest.text_en) == (1, True)


def test_older_words_can_be_read_not_changed_or_deleted(admin_client):
    signed = make_pledge().wording
    newer = signed.next_version()
    newer.save()
    assert 'name="text_sq"' not in words(admin_client.get(change(signed)))
    assert signed.text_en in words(admin_client.get(change(signed)))
    data = {"text_sq": "x", "text_en": "x", "post": "yes"}
    assert admin_client.post(change(signed), data).status_code == 403
    assert admin_client.post(f"/admin/pledges/wording/{signed.pk}/delete/", data).status_code == 403
    assert admin_client.post(f"/admin/pledges/wording/{newer.pk}/delete/", data).status_code == 302
    assert list(Wording.objects.filter(sector=signed.sector)) == [signed]


def test_the_only_consent_cannot_be_deleted(admin_client):
    consent = Wording.objects.consent().get()
    response = admin_client.post(f"/admin/pledges/wording/{consent.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403


def test_words_are_required_in_both_languages(admin_client):
    wording = Wording.objects.consent().get()
    response = admin_client.post(change(wording), filled(admin_client.get(change(wording)), text_en=" "))
    assert list(response.context["adminform"].form.errors) == ["text_en"]


def test_words_added_for_a_sector_that_has_some_are_its_next_version(admin_client):
    parents = Sector.objects.get(slug="parents")
    form = {"kind": "pledge", "sector": parents.pk, "text_sq": "Zotohem.", "text_en": "I pledge."}
    admin_client.post("/admin/pledges/wording/add/", form)
    assert parents.wordings.get(text_en="I pledge.").version == 2


def test_a_consent_of_one_sector_is_refused_in_words(admin_client):
    parents = Sector.objects.get(slug="parents")
    form = {"kind": "consent", "sector": parents.pk, "text_sq": "Po.", "text_en": "Yes."}
    response = admin_client.post("/admin/pledges/wording/add/", form, headers=ENGLISH)
    assert "A pledge belongs to a sector; the consent belongs to none." in words(response)


def test_the_list_of_words_says_how_many_signed_and_which_are_current(admin_client):
    make_pledge(sector="parents").wording.next_version().save()
    page = admin_client.get("/admin/pledges/wording/")
    parents = [
        (wording.version, wording.signatures, wording.newest)
        for wording in page.context["cl"].result_list
        if wording.sector and wording.sector.slug == "parents"
    ]
    assert parents == [(2, 0, True), (1, 1, False)]


# Messages, addresses, settings


def test_a_message_that_was_given_up_is_sent_again(admin_client, mailoutbox):
    pledge = make_pledge(**PERSON)
    failing = Message.queue(Message.Kind.CONFIRM, pledge)
    sent = Message.queue(Message.Kind.LINKS, make_pledge())
    Message.objects.filter(pk=failing.pk).update(
        state="failing", attempts=14, error="TimeoutError", queued_at=F("queued_at") - timedelta(days=4)
    )
    Message.objects.filter(pk=sent.pk).update(state="sent", sent_at=Now())
    page = admin_client.get("/admin/pledges/message/?state__exact=failing")
    assert [message.pk for message in page.context["cl"].result_list] == [failing.pk]
    response = act(admin_client, "send_again", failing, sent, path="/admin/pledges/message/")
    assert "1 message will be sent again." in words(response)
    run_worker()
    assert [mail.to for mail in mailoutbox] == [[PERSON["address"]]]
    failing.refresh_from_db()
    assert (failing.state, failing.error) == ("sent", "")


def test_a_message_sent_again_has_three_days_again(admin_client, settings):
    message = Message.queue(Message.Kind.CONFIRM, make_pledge())
    let_time_pass(timedelta(days=4))
    Message.objects.update(state="failing", attempts=14)
    created_at = Message.objects.get().created_at
    settings.MAILERS = {"default": {"BACKEND": "tests.no.such.backend"}}
    act(admin_client, "send_again", message, path="/admin/pledges/message/")
    run_worker()
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 1)
    assert message.created_at == created_at


def test_messages_can_only_be_read_by_those_who_may_only_view(client):
    message = Message.queue(Message.Kind.CONFIRM, make_pledge())
    Message.objects.update(state="failing")
    staff(client, "view_message")
    act(client, "send_again", message, path="/admin/pledges/message/")
    message.refresh_from_db()
    assert message.state == "failing"


def test_a_blocked_address_is_shown_with_the_permission_only_and_can_be_unblocked(client):
    make_pledge(**PERSON).block()
    blocked = BlockedAddress.objects.get()
    path = "/admin/pledges/blockedaddress/"
    staff(client, "view_blockedaddress", "delete_blockedaddress")
    for page in (path, change(blocked)):
        assert PERSON["address"] not in words(client.get(page))
    user = User.objects.get(username="zana")
    user.user_permissions.add(Permission.objects.get(codename="see_people"))
    assert not AuditEntry.objects.exists()
    for page in (path, change(blocked)):
        assert PERSON["address"] in words(client.get(page))
    assert [entry.details for entry in AuditEntry.objects.all()] == [{"blocked_addresses": [str(blocked.pk)]}] * 2
    client.post(f"{path}{blocked.pk}/delete/", {"post": "yes"})
    assert not BlockedAddress.objects.exists()
    assert LogEntry.objects.get().object_repr == str(blocked)
    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.user_id, entry.action, entry.details) == (user.pk, "erase", {"blocked_addresses": [str(blocked.pk)]})


def test_unblocking_several_at_once_is_on_record_too(admin_client):
    for _ in range(2):
        make_pledge().block()
    ids = sorted(str(blocked.pk) for blocked in BlockedAddress.objects.all())
    chosen = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    admin_client.post("/admin/pledges/blockedaddress/", chosen)
    entry = AuditEntry.objects.get(action="erase")
    assert sorted(entry.details["blocked_addresses"]) == ids and not BlockedAddress.objects.exists()


def test_a_rule_is_kept_in_the_form_in_which_addresses_are_compared(admin_client):
    form = {
        "domain": "Posta-Ë.AL",
        "same_as": "GMAIL.com",
        "ignores": ".",
        "tag": "+",
        "source": "https://shembull.al/",
    }
    assert admin_client.post("/admin/pledges/providerrule/add/", form).status_code == 302
    rule = ProviderRule.objects.get(same_as="gmail.com", source="https://shembull.al/")
    assert rule.domain == "xn--posta--uva.al"
    twice = admin_client.post("/admin/pledges/providerrule/add/", form | {"domain": "GMAIL.COM"})
    assert list(twice.context["adminform"].form.errors) == ["domain"]


def test_the_settings_are_one_form(admin_client):
    path = "/admin/pledges/pledgingsettings/"
    assert admin_client.get(path).url == f"{path}1/change/"
    assert admin_client.get(f"{path}add/").status_code == 403
    assert admin_client.get(f"{path}1/delete/").status_code == 403
    for goal in ("5000", "6000"):
        admin_client.post(f"{path}1/change/", filled(admin_client.get(f"{path}1/change/"), goal=goal))
    assert PledgingSettings.objects.get().goal == 6000


def test_pausing_needs_a_message_in_both_languages(admin_client):
    path = "/admin/pledges/pledgingsettings/1/change/"
    page = admin_client.get(path)
    response = admin_client.post(path, filled(page, state="paused", message_sq="Deri nesër."))
    assert list(response.context["adminform"].form.errors) == ["message_en"]
    assert "Deri nesër." in words(response)
    assert PledgingSettings.load().state == "open"
    both = filled(page, state="paused", message_sq="Deri nesër.", message_en="Until tomorrow.")
    assert admin_client.post(path, both).status_code == 302
    assert PledgingSettings.load().state == "paused"


# Every page


def every_page():
    """Addresses of every list, form for adding, and form for changing of our own admin."""
    for model, its_admin in admin.site._registry.items():
        if its_admin.__module__.split(".")[0] in ("pledges", "campaign"):
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            yield base
            thing = model.objects.first()
            yield f"{base}{1 if thing is None else thing.pk}/change/"
            yield f"{base}add/"


@pytest.mark.parametrize("language", ["sq", "en"])
def test_every_page_opens_in_both_languages(admin_client, language):
    pledge = make_pledge()
    Message.queue(Message.Kind.CONFIRM, pledge)
    make_pledge().block()
    LogEntry.objects.log_actions(User.objects.get().pk, [pledge], 2, "Changed.")
    Batch.begin("confirm", Pledge.objects.all(), None, "selection")
    closed = {
        "pledge",
        "batch",
        "message",
        "milestone",
        "messagetext",
        "blockedaddress",
        "pledgingsettings",
        "sitesettings",
        "pagetext",
        "wallname",
    }
    visited = 0
    for path in every_page():
        response = admin_client.get(path, headers={"accept-language": language}, follow=True)
        expected = 403 if path.endswith("/add/") and path.split("/")[3] in closed else 200
        assert response.status_code == expected, path
        if expected == 200:
            assert f'<html lang="{language}"' in words(response), path
            assert " style=" not in words(response), path
            assert "<script>" not in words(response), path
        visited += 1
    assert visited == 78


def test_the_language_is_changed_on_the_same_page_for_the_admin_only(admin_client):
    page = words(admin_client.get(f"{LIST}?state__exact=pending"))
    assert f'name="next" value="{escape(LIST)}?state__exact=pending"' in page
    response = admin_client.post("/admin/language/setlang/", {"language": "en", "next": LIST})
    assert response.url == LIST
    assert response.cookies["django_language"]["path"] == "/admin/"
    assert '<html lang="en"' in words(admin_client.get(LIST, headers={"accept-language": "sq"}))


def test_the_list_of_pledges_costs_the_same_at_any_length(admin_client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(LIST).status_code == 200
        return len(captured)

    for _ in range(5):
        make_pledge()
    few = queries()
    for number in range(45):
        sector = ["parents", "teachers", "artists"][number % 3]
        make_pledge(sector=sector, county_id=None if number % 2 else "AL-01")
    assert queries() == few
    # Four of them are the session, its end put off, and the second factor.
    assert few <= 13


def test_the_search_of_places_finds_by_either_name(admin_client):
    town = Municipality.objects.first()
    page = words(admin_client.get(f"/admin/pledges/municipality/?q={town.name_en}"))
    assert change(town) in page
