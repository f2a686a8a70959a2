"""Invented organisations of the demonstration, with logos drawn from circles and bars; invented goals and a hand-over."""

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from campaign.demands.handovers import HandOver
from campaign.demands.models import Demand
from campaign.organisations.models import Organisation
from campaign.pictures import logos
from pledges.content import PledgeContent
from pledges.goals.models import round_goal
from pledges.models import Goal, Municipality, OrganisationKind

Kind = OrganisationKind
# (name in Albanian, name in English, kind, municipality or "" for abroad, number of its logo or None)
INVENTED = [
    ("Shkolla Shembull", "Shembull School", Kind.SCHOOL, "Shkodër", 0),
    ("Kopshti Shembull", "Shembull Kindergarten", Kind.KINDERGARTEN, "Vlorë", 1),
    ("Bashkia Shembull", "Shembull Municipality", Kind.MUNICIPALITY, "Korçë", 2),
    ("Shoqata Shembull", "Shembull Association", Kind.ASSOCIATION, "Tiranë", 3),
    ("Teatri Shembull", "Shembull Theatre", Kind.CULTURE, "Tiranë", None),
    ("Radio Shembull", "Radio Shembull", Kind.MEDIA, "Elbasan", 0),
    ("Klubi Sportiv Shembull", "Shembull Sports Club", Kind.SPORT, "Fier", 1),
    ("Ndërmarrja Shembull", "Shembull Business", Kind.BUSINESS, "Durrës", 2),
    ("Shoqata Shembull jashtë vendit", "Shembull Association Abroad", Kind.ASSOCIATION, "", None),
]
TEXTS = {
    "text_sq": "Kjo organizatë është e shpikur: tregon si duket faqja.",
    "text_en": "This organisation is invented: it shows how the page looks.",
}


def write():
    """Create the invented organisations. The last one has lapsed."""
    places = {place.name_sq: place for place in Municipality.objects.all()}
    for number, (albanian, english, kind, place, logo) in enumerate(INVENTED):
        Organisation.objects.create(
            key=f"shembull-{number}",
            name_sq=albanian,
            name_en=english,
            kind=kind,
            municipality=places.get(place),
            is_abroad=not place,
            position=10,
            renewed_at=timezone.now() - timedelta(days=370 if number == len(INVENTED) - 1 else 30 * number),
            logo="" if logo is None else logos.store(logos.redrawn(invented_logo(logo))),
            **(TEXTS if number == 3 else {}),
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


def invented_logo(number):
    """The upload of a PNG: a mark and bars, another for each number."""
    image = Image.new("RGB", (900, 300), "white")
    draw = ImageDraw.Draw(image)
    color = [(42, 59, 183), (147, 50, 122), (51, 139, 126), (94, 18, 8)][number % 4]
    if number % 4 == 0:
        draw.ellipse((20, 40, 240, 260), outline=color, width=36)
    elif number % 4 == 1:
        draw.pieslice((20, 60, 300, 340), 180, 360, fill=color)
    elif number % 4 == 2:
        for x in (20, 150):
            for y in (40, 170):
                draw.ellipse((x, y, x + 90, y + 90), fill=color)
    else:
        draw.rounded_rectangle((20, 40, 240, 260), 60, outline=color, width=36)
    for row, width in enumerate((480 - 17 * (number % 7), 340 + 13 * (number % 5))):
        draw.rounded_rectangle((330, 90 + 90 * row, 330 + width, 130 + 90 * row), 20, fill=color)
    out = BytesIO()
    image.save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue(), content_type="image/png")
