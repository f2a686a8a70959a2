"""Invented organisations, goals, news by email and commitments of the demonstration."""

import random
from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from campaign.demands.models import Demand, HandOver
from campaign.organisations.models import Organisation
from campaign.pictures import logos
from pledges.commitments.models import MOST, FollowUpAnswer
from pledges.content import PledgeContent
from pledges.goals.models import round_goal
from pledges.models import (
    ChosenCommitment,
    Commitment,
    County,
    Follow,
    Goal,
    Mailing,
    MailingCount,
    Municipality,
    OrganisationKind,
    Pledge,
)

Kind = OrganisationKind
# (name in Albanian, name in English, kind, municipality or "" for abroad, number of its logo or None)
ORGANISATIONS = [
    ("Shkolla Shembull", "Shembull School", Kind.SCHOOL, "Shkodër", 0),
    ("Bashkia Shembull", "Shembull Municipality", Kind.MUNICIPALITY, "Korçë", 2),
    ("Shoqata Shembull", "Shembull Association", Kind.ASSOCIATION, "Tiranë", 3),
    ("Teatri Shembull", "Shembull Theatre", Kind.CULTURE, "Tiranë", None),
    ("Ndërmarrja Shembull", "Shembull Business", Kind.BUSINESS, "Durrës", 1),
    ("Shoqata Shembull jashtë vendit", "Shembull Association Abroad", Kind.ASSOCIATION, "", None),
]
TEXTS = {
    "text_sq": "Kjo organizatë është e shpikur: tregon si duket faqja.",
    "text_en": "This organisation is invented: it shows how the page looks.",
}
MAILING = {
    "subject_sq": "Lajme të shpikura nga Ne jemi 1",
    "subject_en": "Invented news from We are 1",
    "text_sq": "Përshëndetje.\n\nKy email është shpikur për të treguar si duket faqja. Nuk iu dërgua askujt.",
    "text_en": "Hello.\n\nThis email was invented to show how the page works. It was not sent to anyone.",
}
# Waits for a second person.
INVITATION = {
    "subject_sq": "Ftesë e shpikur për një mbrëmje",
    "subject_en": "Invented invitation to an evening",
    "text_sq": "Përshëndetje.\n\nKjo ftesë është e shpikur. Mbrëmja nuk do të mbahet.",
    "text_en": "Hello.\n\nThis invitation was invented. The evening will not take place.",
}
COUNTS = {MailingCount.Kind.SENT: 1080, MailingCount.Kind.RETURNED: 14, MailingCount.Kind.UNSUBSCRIBED: 9}
FOLLOWERS = 240
# Of 100 people who were asked, how many gave which answer. "" is none.
ANSWERS = {
    "": 45,
    FollowUpAnswer.DONE: 22,
    FollowUpAnswer.GOING_ON: 20,
    FollowUpAnswer.CANNOT_SAY: 6,
    FollowUpAnswer.NOT_ANY_MORE: 7,
}


def write_organisations():
    """Create the invented organisations. The last one has lapsed."""
    places = {place.name_sq: place for place in Municipality.objects.all()}
    for number, (albanian, english, kind, place, logo) in enumerate(ORGANISATIONS):
        Organisation.objects.create(
            key=f"shembull-{number}",
            name_sq=albanian,
            name_en=english,
            kind=kind,
            municipality=places.get(place),
            is_abroad=not place,
            position=10,
            renewed_at=timezone.now() - timedelta(days=370 if number == len(ORGANISATIONS) - 1 else 30 * number),
            logo="" if logo is None else logos.store(logos.redrawn(invented_logo(logo))),
            **(TEXTS if number == 2 else {}),
        )


def write_goals():
    """Create a goal that is reached and handed over, the next one, and one of a county. The institution is invented."""
    reached = Goal.objects.create(
        people=2000,
        sentence_sq="Kur të bëhemi 2000, ia dorëzojmë kërkesën Institucionit Shembull.",
        sentence_en="At 2,000 we hand the demand to Institucioni Shembull.",
    )
    HandOver.objects.create(
        goal=reached,
        demand=Demand.objects.first(),
        institution="Institucioni Shembull",
        handed_on=timezone.localdate() - timedelta(days=41),
        registry_number="0000/1",
    )
    Goal.objects.create(
        people=5000,
        sentence_sq="Kur të bëhemi 5000, ia dorëzojmë kërkesat tona Kuvendit.",
        sentence_en="At 5,000 we hand our demands to Parliament.",
    )
    Goal.objects.create(
        people=round_goal(PledgeContent.current().people_of("county:AL-10")) + 50,
        county_id="AL-10",
        sentence_sq="Atëherë ia dorëzojmë kërkesat Institucionit Shembull të Shkodrës.",
        sentence_en="Then we hand our demands to Institucioni Shembull of Shkodër.",
    )


def write_mailing():
    """Write a mailing that was sent, with its figures, and one that waits; let some supporters follow a demand or county."""
    released_at = timezone.now() - timedelta(days=21)
    mailing = Mailing.objects.create(
        state=Mailing.State.DONE, released_at=released_at, ended_at=released_at + timedelta(hours=1), **MAILING
    )
    Mailing.objects.create(state=Mailing.State.READY, **INVITATION)
    MailingCount.objects.bulk_create(MailingCount(mailing=mailing, kind=kind, n=n) for kind, n in COUNTS.items())
    rng = random.Random(5)
    demands = list(Demand.objects.values_list("key", flat=True))
    pledges = Pledge.objects.confirmed().exclude(county=County.ABROAD).exclude(county=None).order_by("pk")
    for pledge in pledges[:FOLLOWERS]:
        Follow.choose(pledge, rng.sample(demands, min(len(demands), rng.randrange(2))), [pledge.county_id])


def write_commitments():
    """Let two in three confirmed pledges choose commitments, the first of their sector, of which most were asked about."""
    rng = random.Random(4)
    offered = {}
    for commitment in Commitment.objects.filter(is_offered=True):
        offered.setdefault(commitment.sector_id, []).append(commitment)
    rows = []
    for pledge in Pledge.objects.confirmed().order_by("created_at"):
        if rng.random() < 2 / 3 and pledge.sector_id in offered:
            of_sector = offered[pledge.sector_id]
            number = min(rng.randint(1, MOST), len(of_sector))
            chosen = [of_sector[0], *rng.sample(of_sector[1:], number - 1)]
            rows += [_choice(rng, pledge, each, slot) for slot, each in enumerate(chosen, start=1)]
    ChosenCommitment.objects.bulk_create(rows, batch_size=500)


def _choice(rng, pledge, commitment, slot):
    row = ChosenCommitment(pledge=pledge, commitment=commitment, slot=slot, chosen_at=pledge.confirmed_at)
    asked_at = pledge.confirmed_at + timedelta(days=30)
    if rng.random() < 0.75 and asked_at < timezone.now():
        row.asked_at, row.answer = asked_at, rng.choices(list(ANSWERS), ANSWERS.values())[0]
        if row.answer:
            row.answered_question, row.answered_at = 1, asked_at
    return row


def invented_logo(number):
    """The upload of a PNG: a mark and bars, another for each number below ten."""
    image = Image.new("RGB", (900, 300), "white")
    draw = ImageDraw.Draw(image)
    color = [(42, 59, 183), (147, 50, 122), (51, 139, 126), (94, 18, 8)][number % 4]
    draw.pieslice((20, 40, 240, 260), 90 * number, 90 * number + 270, fill=color)
    for row, width in enumerate((480 - 17 * number, 340 + 13 * number)):
        draw.rounded_rectangle((330, 90 + 90 * row, 330 + width, 130 + 90 * row), 20, fill=color)
    out = BytesIO()
    image.save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue(), content_type="image/png")
