"""The page that answers the confirmation: the supporter's number and dot, ways to invite others, what can be done next."""

import gzip
import re
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.conf import settings

from pledges.counting.models import count
from pledges.crypto import links
from pledges.crypto.links import Purpose
from pledges.models import Commitment, Pledge, PledgingSettings, ReferralLink, Sector
from tests.factories import form_data, links_in, make_inviter, make_pledge, run_worker
from tests.pages import Document, path_of
from tests.pledges.signing.personal import NAME, make_drita, shows_no_personal_data, sign
from tests.tally import put_people

pytestmark = pytest.mark.django_db


def thanks(client, language="en", **pledge):
    """The response to the confirmation of a new pledge, and its link."""
    link = links.path(Purpose.CONFIRM, make_pledge(**pledge), language)
    return client.post(link), link


def heading(response):
    page = Document(response)
    return page.words(page.one("h1"))


def test_each_supporter_reads_their_own_number(client):
    assert heading(thanks(client)[0]) == "Thank you. You are number 1 ."
    assert heading(thanks(client)[0]) == "Thank you. You are number 2 ."
    put_people(2968, way="online")
    response, _link = thanks(client, "sq")
    assert heading(response) == "Faleminderit. Ju jeni numri 2971 ."
    page = Document(response)
    drawing = page.one("svg", **{"class": "one"})
    assert "Ju, 2971" in page.words(drawing) and "Grupi" not in page.words(drawing)
    assert "Ngjyra e saj tregon grupin tuaj: Prindër." in page.words(drawing)


def test_staff_can_switch_numbers_off(client, mailoutbox):
    PledgingSettings.objects.create(pk=1, shows_numbers=False)
    response, _link = thanks(client)
    assert heading(response) == "Thank you. Your pledge counts."
    page = Document(response)
    assert "You are number" not in page.words() and "stands with children" in page.words()
    assert page.words(page.one("text")) == "You"
    run_worker()
    assert "number" not in mailoutbox[0].body


def test_15_only_the_first_press_shows_number_and_group_and_leads_to_the_pledge(client):
    put_people(500, way="online")
    pledge = make_drita("pending", sector="artists", county_id="AL-12")
    link = links.path(Purpose.CONFIRM, pledge, "en")
    assert "Drita" not in client.get(link).text, "not before it was used either"
    first = client.post(link)
    assert "501" in heading(first)
    # A second one leads to a section of the same page.
    [manage] = set(re.findall(r'href="(/en/my-pledge/[^"#]+:[^"#]+)', first.text))
    assert NAME in client.get(manage).text
    again, opened = client.post(link), client.get(link)
    assert heading(again) == "Thank you. Your pledge counts."
    page = Document(again)
    assert [page.of(path)["class"] for path in page.all("path", node=page.one("svg", **{"class": "one"}))][0] == "free"
    assert page.all("circle", **{"class": "ring"}) == [] and page.all("form") == []
    assert re.findall(r'href="(/en/[\w-]+/[^/"]{40,}/)"', again.text) == []
    assert "Manage my pledge" in page.words(page.one("main")) and "Send on WhatsApp" in page.words()
    for response in (again, opened):
        assert response.status_code == 200 and shows_no_personal_data(response)
        page = Document(response)
        assert page.all("a", href=path_of("pledges:my_pledge", "en")), "the owner can request a new link"
        assert pledge.sector.name_en not in page.words(page.one("main")) and "AL-12" not in response.text
    assert page.all("a", node=page.one("main"), href=path_of("pledges:sign", "en"))


def test_16_the_ways_to_invite_carry_neutral_words_and_the_address_of_the_site(client):
    response, _link = thanks(client, "sq", name="Arta Hoxha", sector="artists")
    page = Document(response)
    address = settings.SITE_URL + path_of("pledges:from_a_friend", "sq")
    words = "U zotova t’i dëgjoj fëmijët, t’i besoj dhe të raportoj."
    hrefs = {page.words(link): urlsplit(page.of(link)["href"]) for link in page.all("a", node=page.one("main"))}
    whatsapp = next(url for name, url in hrefs.items() if "WhatsApp" in name)
    assert (whatsapp.netloc, whatsapp.path) == ("wa.me", "/")
    for url in (whatsapp, hrefs["Viber"]):
        [text] = parse_qs(url.query)["text"]
        assert text.startswith(words) and text.endswith(f" {address}")
        assert not re.search("Arta|Hoxha|artist", text, re.IGNORECASE)
    assert parse_qs(hrefs["Facebook"].query) == {"u": [address]}
    main = page.words(page.one("main"))
    assert urlsplit(settings.SITE_URL).netloc in main and settings.SITE_URL not in main.replace(address, "", 1)
    shared = page.of(page.one("div", **{"data-share": True}))
    assert shared["data-address"] == address
    seen = [shared["data-share"], *(page.of(meta)["content"] for meta in page.all("meta", content=True))]
    assert not re.search("Arta|Hoxha|artist", str(seen), re.IGNORECASE)
    assert page.all("link", rel="canonical") == [], "the browser's share button would send the personal link"


def test_the_page_opens_again_for_half_an_hour_and_shows_only_the_number(client):
    put_people(500, way="online")
    first, _link = thanks(client, name="Arta Hoxha", sector="youth")
    again = Document.of(Document(first).one("div", **{"data-again": True}))["data-again"]
    page = Document(client.get(again))
    main = page.words(page.one("main"))
    assert "501" in main and "Send on WhatsApp" in main and page.all("form", node=page.one("main")) == []
    # Nothing leads to the pledge, and the group shows nowhere.
    assert "Arta" not in main and not page.all(**{"class": "own s7"}) and "Open my pledge" not in main
    forged = client.get(again.replace("501:", "1:"))
    assert (forged.status_code, forged.headers["Location"]) == (302, path_of("pledges:my_pledge", "en"))
    late = links._Signer("thanks_again", int(time.time()) - 31 * 60).sign(501)
    assert client.get(path_of("pledges:thanks_again", "en", late)).status_code == 302


def test_a_commitment_is_chosen_on_the_page_and_kept(client):
    response, _link = thanks(client, sector="parents")
    page = Document(response)
    form = page.one("form", node=page.one("main"))
    boxes = page.all("input", node=form, type="checkbox")
    assert len(boxes) == Commitment.objects.filter(sector__slug="parents").count() > 0
    chosen = Document(client.post(page.of(form)["action"], {"commitments": page.of(boxes[1])["value"]}))
    assert chosen.words(chosen.one("h1")) == "Your choice has been saved"
    assert Commitment.objects.get(pk=page.of(boxes[1])["value"]).text_en in chosen.words()
    [change] = [chosen.of(link)["href"] for link in chosen.all("a") if chosen.words(link) == "Change my choice"]
    again = Document(client.get(change))
    assert [again.of(box)["value"] for box in again.all("input", checked=True)] == [page.of(boxes[1])["value"]]


def test_the_page_takes_at_most_90_kb_with_its_picture(client):
    put_people(2970)
    html = thanks(client, "sq")[0].text
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|woff2|svg))"', html))
    [picture] = re.findall(r'<img src="(/pictures/[^"]+)"', html)
    size = len(gzip.compress(html.encode())) + len(client.get(picture).content)
    for path in files:
        content = client.get(path).getvalue()
        size += len(content) if path.endswith("woff2") else len(gzip.compress(content))
    assert size <= 90_000


# The message that follows the confirmation


def test_the_message_carries_number_picture_and_words_to_share(client, mailoutbox):
    put_people(2968, way="online")
    first, second = make_pledge(language="en"), make_pledge(language="sq")
    shown = [client.post(links.path(Purpose.CONFIRM, pledge)).context["number"] for pledge in (first, second)]
    assert shown == [2969, 2970]
    # Both are in the last count by now.
    count()
    run_worker()
    english, albanian = sorted(mailoutbox, key=lambda mail: mail.subject, reverse=True)
    assert english.body.startswith("We are 1\n\nYou are number 2,969 of those who signed online.")
    assert albanian.body.startswith("Ne jemi 1\n\nJu jeni numri 2970 nga ata që kanë nënshkruar në internet.")
    [picture] = links_in(albanian, "pledged_picture")
    assert client.get(picture).headers["Content-Type"] == "image/png"
    [whatsapp] = re.findall(r"https://wa.me/\S+", albanian.body)
    [text] = parse_qs(urlsplit(whatsapp).query)["text"]
    friend = f"{settings.SITE_URL}/sq/zotimi/nga-nje-mik/"
    assert text.startswith("U zotova") and text.endswith(f" {friend}")
    assert f"jo këtë mesazh: {friend}\n" in albanian.body
    assert f'<a href="{friend}"' in albanian.alternatives[0].content
    assert english.attachments == [], "no picture that others see"


# A referral link, invitations to share: none of them shows who the supporter is


EN = "/en/pledge/"


def share_path(pledge, language="en"):
    return links.path(Purpose.SHARE, pledge, language)


def test_an_inviter_sees_the_same_whether_or_not_someone_signs_by_the_link(client):
    mine, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al")
    purposes = (Purpose.SHARE, Purpose.MANAGE)

    def seen():
        pages = [Document(client.get(links.path(purpose, mine, "en"))).words() for purpose in purposes]
        data = client.get(links.path(Purpose.DATA, mine)).json()
        return pages, {key: value for key, value in data.items() if "link" in key}

    before = seen()
    form = Document(client.get(f"/en/pledge/with/{link.code}/"))
    through = form.of(form.one("input", name="through"))["value"]
    for number in range(5):
        assert sign(client, EN, through=through, email=f"d{number}@shembull.al").status_code == 303
        path = links.path(Purpose.CONFIRM, Pledge.objects.latest("created_at"))
        assert client.post(path).status_code == 200
    assert seen() == before
    assert not Pledge.objects.exclude(inviter_cipher=None).exists()
    assert "We do not record who signs through your link" in before[0][0] and before[1]["own_link"] == link.code


def test_a_valid_an_ended_and_an_unknown_referral_code_show_the_same_page(client):
    mine, link = make_inviter()

    def form_page(code):
        return client.get(f"/en/pledge/with/{code}/").content.decode().replace(code, "…")

    valid = form_page(link.code)
    assert valid == form_page("zzzzzzzz")
    ReferralLink.objects.all().delete()
    assert form_page(link.code) == valid
    mine.withdraw()
    assert form_page(link.code) == form_page("zzzzzzzz"), "with one supporter less"


def invites(response):
    return "Someone who has signed invites you." in Document(response).words()


def test_an_invited_person_reads_who_invites_the_promises_and_the_count_and_keeps_them_with_an_error(client):
    mine, link = make_inviter(name="Arta Hoxha", sector="artists")
    opened = client.get(path_of("pledges:through", "en", link.code))
    assert Document(opened).all("input", checked=True) == [], "no sector is chosen for the visitor"
    for response in (opened, client.post(EN, form_data(through=link.code, consent=None))):
        words = Document(response).words()
        assert invites(response) and "1 supporter so far" in words
        assert words.index("I\xa0believe") < words.index("1 supporter so far") < words.index("Are you 16 or over?")
        assert response.headers["Cache-Control"] == "private, no-store" and not response.cookies
        assert "Arta" not in response.text and str(mine.pk) not in response.text
    assert not invites(client.get(EN)) and not invites(client.post(EN, form_data(consent=None)))
    assert not invites(client.get("/en/pledge/with/no-code/"))


@pytest.mark.cases("through", ["", "x" * 300, "a\0b", "<b>", "ëëë", "23456789"])
def test_an_invalid_referral_code_is_ignored(client, through):
    assert client.post(EN, form_data(through=through)).status_code == 303


def test_a_referral_code_is_created_and_deleted_only_on_request(client):
    pledge = make_pledge(state="confirmed")
    address = Document(client.get(share_path(pledge)))
    assert address.of(address.one("a", id="address"))["href"].endswith("/en/pledge/from-a-friend/")
    assert not ReferralLink.objects.exists()
    client.post(share_path(pledge), {"make": "1"})
    first = ReferralLink.objects.get(pledge=pledge).code
    assert len(first) == 8
    page = Document(client.post(share_path(pledge), {"make": "1"}))
    assert page.of(page.one("a", id="address"))["href"].endswith(f"/en/pledge/with/{first}/")
    assert ReferralLink.objects.get().code == first, "a second press does not break the link already sent"
    client.post(share_path(pledge), {"end": "1"})
    assert not ReferralLink.objects.exists()


def test_16_shared_content_has_no_name_and_the_sector_only_if_chosen(client):
    pledge, link = make_inviter(name="Arta Hoxha", address="arta@shembull.al", sector="artists")
    sector = Sector.objects.get(slug="artists")
    own = sector.invitation_en

    def shared_content(path):
        page = Document(client.get(path))
        links_to_share = [
            page.of(a)["href"] for a in page.all("a") if page.of(a)["href"].startswith(("https://wa", "viber"))
        ]
        pictures = [page.of(a)["href"] for a in page.all("a", download=True)]
        assert len(links_to_share) == len(pictures) == 2
        return unquote(" ".join(links_to_share + pictures))

    neutral = shared_content(share_path(pledge))
    assert "Arta" not in neutral and own not in neutral and "artists" not in neutral and link.code in neutral
    chosen = shared_content(f"{share_path(pledge)}?sector")
    assert "Arta" not in chosen and chosen.count(own) == 2 and "artists" in chosen
