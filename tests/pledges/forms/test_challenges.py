"""Above the limit of its network a form asks for a challenge, which lets one form in. Without it there is a slow lane."""

import base64
import gzip
import json
from datetime import timedelta
from pathlib import Path

import altcha
import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from pledges.crypto import challenges
from pledges.forms.base import ChallengedForm
from pledges.inbox.submissions import settle, submit
from pledges.inbox.submissions import settle_all as settle_all_now
from pledges.models import Attempt, Message, Pledge, PledgingSettings, SlowLane, Submission, UsedChallenge
from tests.challenges import reach_limit, solved, used
from tests.clock import let_time_pass
from tests.drill import rounds
from tests.enquiries import enquiry_data
from tests.factories import form_data, keep_house, new_submission, send_messages
from tests.organisations import join_data
from tests.pages import Document, path_of
from tests.pledges.groups.made import group_data
from tests.readiness import failing_checks
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SIGN, INBOX = "/sq/zotimi/", "/sq/zotimi/email/"
NETWORK = "192.0.2.1"
FORMS = {
    "pledge": ("pledges:sign", form_data),
    "group": ("pledges:group", group_data),
    "join": ("pledges:join", join_data),
    "enquiry": ("pledges:enquiry_press", enquiry_data),
    "my-pledge": ("pledges:my_pledge", lambda **changes: {"stamp": form_data()["stamp"], "email": "a@b.al", **changes}),
}


def sign(client, **fields):
    return client.post(SIGN, form_data(**fields))


def sign_slowly(client, number=0, **options):
    data = form_data(email=f"prind{number}@shembull.al", slow="1")
    return client.post(SIGN, data, **options)


def waits():
    """Seconds between arrival and turn of each form, in the order of arrival; None for forms that are settled at once."""
    times = Submission.objects.order_by("number").values_list("created_at", "settle_at")
    return [turn and round((turn - sent).total_seconds()) for sent, turn in times]


@pytest.mark.cases("form", FORMS)
def test_a_form_above_the_limit_comes_back_filled_and_is_stored_with_the_solution(client, form):
    reach_limit()
    name, data = FORMS[form]
    path = path_of(name, "sq")
    response = client.post(path, data())
    page = Document(response)
    assert response.status_code == 429 and response.headers["Retry-After"] == "60"
    assert page.one("p", **{"role": "status", "data-url": f"/challenge/{form}/", "data-form": form})
    assert page.one("form", id=form) and page.one("input", name="email", value=data()["email"])
    assert not Submission.objects.exists()
    assert client.post(path, data(altcha=solved(form))).status_code == 303
    assert Submission.objects.count() == UsedChallenge.objects.count() == 1
    assert Attempt.objects.count() == 60, "a solved challenge needs no place below the limit"
    assert page.one("button", name="slow", value="1", form=form)
    slow = client.post(path, data(slow="1", email="tjeter@shkolla-jone.al"))
    assert slow.status_code == 303 and slow.url.endswith("/#later")
    arrived = Document(client.get(slow.url))
    assert arrived.all("p", node=arrived.one("div", id="later"), **{"class": "later"})
    assert waits() == [None, 120]


def test_a_challenge_that_was_solved_by_work_lets_the_form_in(client, django_assert_num_queries):
    reach_limit()
    with django_assert_num_queries(0):
        response = client.get("/challenge/pledge/")
    assert not response.cookies and len(response.content) < 600
    assert response.headers["Cache-Control"] == "private, no-store"
    challenge = altcha.Challenge.from_dict(response.json())
    solution = altcha.solve_challenge(challenge)
    assert challenges.FEWEST_TRIES <= solution.counter <= challenges.MOST_TRIES
    assert not UsedChallenge.objects.exists(), "nothing is stored before it lets a form in"
    assert sign(client, altcha=altcha.Payload(challenge, solution).to_base64()).status_code == 303


def test_there_is_a_challenge_for_each_form_that_asks_for_one_and_for_no_other(client):
    asking = {*FORMS, "new-address", "further"}
    assert ChallengedForm.ids == {*asking, None}
    assert {client.get(f"/challenge/{form}/").status_code for form in asking} == {200}
    for name in ("x", "pledges", "Pledge", "manage", "None"):
        assert client.get(f"/challenge/{name}/").status_code == 404


def forged(form="pledge", **changes):
    """A solution whose challenge was changed after it was signed."""
    payload = json.loads(base64.b64decode(solved(form)))
    payload["challenge"]["parameters"].update(changes)
    return in_base64(payload)


def in_base64(value):
    """The JSON of a value, as the script sends it."""
    return base64.b64encode(json.dumps(value).encode()).decode()


NUMBERS = {
    "challenge": {"parameters": dict.fromkeys(["algorithm", "nonce", "salt", "cost"], 1), "signature": 1},
    "solution": {"counter": {}, "derivedKey": []},
}
REFUSED = {
    "not solved": lambda: solved(derived_key="00" * 32),
    "easier": lambda: forged(keyPrefix="00", cost=1),
    "moved to this form": lambda: forged("group", data={"form": "pledge"}),
    "signed with no key": lambda: altcha.Payload(
        altcha.create_challenge("SHA-256", 1, hmac_secret="x"), altcha.Solution(0, "00")
    ).to_base64(),
    "too late": lambda: solved(lives=-1),
    "of another form": lambda: solved("group"),
    "no JSON": lambda: base64.b64encode(b"\xff\x00").decode(),
    "numbers as parameters": lambda: in_base64(NUMBERS),
    "NUL": lambda: "\0",
    "100,000 letters": lambda: "A" * 100_000,
    "deep": lambda: base64.b64encode(b"[" * 1_400).decode(),
}  # fmt: skip


@pytest.mark.cases("case", REFUSED)
def test_what_is_no_valid_solution_brings_the_form_back_with_a_new_challenge(client, case):
    reach_limit()
    response = client.post("/en/pledge/", form_data(name="Drita Kola", altcha=REFUSED[case]()))
    page = Document(response)
    assert response.status_code == 429
    assert "The last check was no longer valid. Your device does a new one." in page.words()
    assert page.one("input", name="name", value="Drita Kola")
    assert page.one("p", role="status") and not page.all("input", name="altcha")
    assert not Submission.objects.exists() and not UsedChallenge.objects.exists()


def test_below_the_limit_no_solution_is_an_obstacle(client):
    for text in ("", "x", solved("group"), solved(lives=-1)):
        assert sign(client, altcha=text).status_code == 303
    assert Attempt.objects.count() == 4
    response = sign_slowly(client)
    assert (response.status_code, response.url, set(waits())) == (303, INBOX, {None}), (
        "nor does anyone wait in the lane"
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_forms_at_once_one_gets_in_by_a_challenge():
    reach_limit()
    solution = solved()
    posts = [lambda n=n: sign(Client(), email=f"p{n}@shembull.al", altcha=solution).status_code for n in range(6)]
    assert sorted(at_once(*posts)) == [303] + [429] * 5
    assert Submission.objects.count() == 1


def test_a_form_that_is_stored_again_after_a_lost_connection_uses_its_own_challenge():
    reach_limit(NETWORK, 1)
    submission = new_submission()
    assert all(submit(submission, NETWORK, 1, solved=used(1)) for _ in range(2))
    settle()
    assert submit(submission, NETWORK, 1, solved=used(1))
    assert not submit(new_submission(), NETWORK, 1, solved=used(1))


def test_while_everyone_is_challenged_each_form_needs_a_solution(client):
    assert "challenge.js" not in client.get(SIGN).text
    PledgingSettings.objects.create(pk=1, challenge_everyone=True)
    for form, (name, data) in FORMS.items():
        path = path_of(name, "en")
        page = Document(client.get(path))
        assert page.one("p", **{"role": "status", "data-form": form}) and "challenge.js" in client.get(path).text
        response = client.post(path, data())
        assert response.status_code == 429 and "We are receiving very many forms right now." in response.text
        assert client.post(path, data(altcha=solved(form))).status_code == 303
    # An unknown network has no limit otherwise.
    unknown = {"REMOTE_ADDR": ""}
    assert client.post(SIGN, form_data(), **unknown).status_code == 429
    assert client.post(SIGN, form_data(slow="1"), **unknown).status_code == 303
    PledgingSettings.objects.update(challenge_everyone=False)
    assert sign(client).status_code == 303 and "challenge.js" not in client.get(SIGN).text


def test_the_lane_spreads_its_forms_over_the_hour_in_the_order_of_arrival(client, mailoutbox):
    reach_limit()
    for number in range(30):
        assert sign_slowly(client, number).status_code == 303
    turns = list(Submission.objects.order_by("number").values_list("settle_at", flat=True))
    assert [(turn - turns[0]).total_seconds() for turn in turns] == [120 * number for number in range(30)]
    assert waits()[0] == 120
    assert settle() == 0 and failing_checks(client) == []
    for _ in range(3):
        let_time_pass(timedelta(minutes=2))
        assert settle() == 1
    send_messages()
    assert [message.to for message in mailoutbox] == [[f"prind{number}@shembull.al"] for number in range(3)]
    let_time_pass(timedelta(hours=1))
    while settle():
        pass
    assert Pledge.objects.count() == 30 and not Submission.objects.exists()


def test_a_full_lane_brings_the_form_back_with_the_time_of_the_next_place(client):
    PledgingSettings.objects.create(pk=1, network_limit=60, slow_lane=4)
    reach_limit()
    for number in range(4):
        assert sign_slowly(client, number).status_code == 303
    response = client.post("/en/pledge/", form_data(email="tjeter@shembull.al", slow="1"))
    page = Document(response)
    again = timezone.localtime(Submission.objects.earliest("number").settle_at)
    assert response.status_code == 429 and 880 <= int(response.headers["Retry-After"]) <= 900
    assert f"You can send it without the check from {again:%H:%M}." in page.words()
    assert page.one("input", name="email", value="tjeter@shembull.al")
    assert Submission.objects.count() == 4
    assert sign_slowly(client, 5, REMOTE_ADDR="192.0.2.9").status_code == 303, "other networks have their own"
    let_time_pass(timedelta(minutes=15))
    reach_limit()
    assert sign_slowly(client, 6).status_code == 303
    assert sign_slowly(client, 7).status_code == 429


@pytest.mark.cases("places", [1, 13])
def test_the_lane_has_exactly_as_many_places_as_staff_set(places):
    reach_limit(NETWORK, 1)
    stored = [bool(submit(new_submission(), NETWORK, 1, slow_lane=places)) for _ in range(places + 2)]
    assert stored == [True] * places + [False] * 2


@pytest.mark.django_db(transaction=True)
def test_the_lane_is_exact_for_concurrent_forms():
    PledgingSettings.objects.create(pk=1, slow_lane=3)
    reach_limit()
    assert (
        sorted(at_once(*[lambda n=n: sign_slowly(Client(), n).status_code for n in range(8)])) == [303] * 3 + [429] * 5
    )
    assert sorted(waits()) == [1200, 2400, 3600]


def test_the_networks_of_one_ipv6_site_share_ten_lanes():
    networks = [f"2001:db8:1:{number:x}::/64" for number in range(12)]
    for network in networks:
        reach_limit(network, 1)
    stored = [bool(submit(new_submission(), network, 1, slow_lane=1)) for network in networks]
    assert stored == [True] * 10 + [False] * 2


def test_a_clock_that_was_set_back_keeps_no_form_in_the_lane(clock):
    clock.shift = timedelta(hours=3)
    reach_limit(NETWORK, 1)
    # The default of the column has the clock of the machine.
    Attempt.objects.update(created_at=Now())
    assert submit(new_submission(), NETWORK, 1, slow_lane=1)
    clock.shift = timedelta()
    assert settle() == 1
    reach_limit(NETWORK, 1)
    assert submit(new_submission(), NETWORK, 1, slow_lane=1), "nor the next one out of it"
    assert settle() == 0


def test_a_form_of_the_lane_that_is_not_settled_in_its_turn_fails_the_readiness_check(client):
    reach_limit()
    sign_slowly(client)
    let_time_pass(timedelta(minutes=3))
    assert failing_checks(client) == []
    let_time_pass(timedelta(minutes=3))
    assert failing_checks(client) == ["submissions"]
    sign_slowly(client, 1)
    settle_all_now()
    assert Pledge.objects.count() == 2, "a rotation of keys and a restore wait for no lane"


@pytest.mark.slow
@pytest.mark.drill
def test_a_bot_of_10000_forms_stores_no_row_beyond_limit_and_lane_while_people_get_through(client):
    forms = rounds(2_000, 10_000)
    for each in range(forms):
        submission = new_submission(address=f"prind{each}@shembull.al")
        submit(submission, NETWORK, 60, slow_lane=30 if each % 2 else None)
        if each % (forms // 10) == 0:
            person = form_data(email=f"njeri{each}@shembull.al", altcha=solved())
            assert client.post(SIGN, person, REMOTE_ADDR=NETWORK).status_code == 303
    assert Submission.objects.filter(settle_at=None).count() == 60 + 10
    assert Submission.objects.filter(settle_at__isnull=False).count() == 30
    assert Attempt.objects.count() == 60 and SlowLane.objects.count() == 1
    while settle():
        pass
    assert Pledge.objects.count() == 70 and failing_checks(client) == []


@pytest.mark.slow
@pytest.mark.drill
def test_3000_forms_from_one_school_are_one_pledge_and_one_message_each():
    forms = rounds(300, 3_000)
    for each in range(forms):
        form = new_submission(address=f"prind{each}@shembull.al")
        assert submit(form, NETWORK, 60) or submit(form, NETWORK, 60, solved=used(each))
    while settle():
        pass
    assert Pledge.objects.count() == Message.objects.count() == forms and UsedChallenge.objects.count() == forms - 60


def test_the_scripts_of_the_check_weigh_less_than_5_kilobytes():
    files = [settings.BASE_DIR / "static" / name for name in ("js/challenge.js", "altcha/pbkdf2.js")]
    assert sum(len(gzip.compress(Path(file).read_bytes())) for file in files) < 5_000


def test_a_clock_that_was_set_back_keeps_no_network_out(client):
    reach_limit("127.0.0.1")
    let_time_pass(-timedelta(hours=2))
    assert sign(client).status_code == 429
    keep_house()
    assert sign(client).status_code == 303


def test_all_ipv6_networks_of_one_site_prefix_share_a_limit(client):
    PledgingSettings.objects.create(pk=1, network_limit=5)

    def status(number, site="1"):
        address = f"2001:db8:{site}:{number:x}::7"
        data = form_data(email=f"prind{site}-{number}@shembull.al")
        return client.post(SIGN, data, REMOTE_ADDR=address).status_code

    assert {status(number) for number in range(50)} == {303}
    assert status(50) == 429
    assert status(0, site="2") == 303
