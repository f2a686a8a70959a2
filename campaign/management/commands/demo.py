"""manage.py demo: fill an empty site with invented content."""

import random
from base64 import b32encode
from datetime import datetime, time, timedelta
from io import BytesIO
from secrets import token_bytes, token_hex, token_urlsafe

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from campaign.demands.models import Demand, HandOver
from campaign.help.models import ProtectionUnit
from campaign.organisations.models import Organisation
from campaign.pictures import logos
from pledges.commitments.models import MOST, FollowUpAnswer
from pledges.content import PledgeContent
from pledges.counting import tally
from pledges.counting.models import count, record_milestones
from pledges.goals.models import round_goal
from pledges.groups.models import school_year
from pledges.inbox.submissions import submit
from pledges.models import (
    ChosenCommitment,
    Commitment,
    County,
    Event,
    EventCount,
    Follow,
    Goal,
    GroupPledge,
    Mailing,
    MailingCount,
    Municipality,
    OrganisationKind,
    PaperSheet,
    Pledge,
    PublishedFigure,
    Sector,
    Submission,
    Wording,
)
from pledges.published.models import publish
from pledges.supporters.querysets import PENDING_LIFE
from staff import secrets
from staff.accounts.models import Account
from staff.roles import Role

NUMBER_OF_PLEDGES = 3000
NUMBER_OF_GROUPS = 24
NUMBER_OF_SHEETS = 12
# Of the administrator.
ADDRESS = "demo@shembull.invalid"
# Of all invented addresses, with their shares in per cent. These domains never receive mail (RFC 2606).
DOMAINS = {"posta.invalid": 70, "letra.invalid": 14, "shkolla.invalid": 8, "bashkia.invalid": 5, "kopeja.invalid": 3}
FIRST_NAMES = (
    "Arta Besa Drita Elira Fatmira Genta Hana Ilir Jeta Kaltrina Liridon Mirela Nora Olta Petrit Qëndrim Rina Sokol Teuta Ylli"
).split()
LAST_NAMES = "Shembulli Provaj Mostra Demaj Trilli Hollaj Fiksi Shëmbëlltyra".split()
# (Days from now, slugs) of two evenings, and the words of both.
EVENTS = (
    (-12, {"slug_sq": "mbremje-e-kaluar", "slug_en": "past-evening"}),
    (20, {"slug_sq": "mbremje-e-shpikur", "slug_en": "invented-evening"}),
)
EVENING = {
    "title_sq": "Mbrëmje e shpikur me prindër dhe mësues",
    "title_en": "Invented evening with parents and teachers",
    "text_sq": "Kjo mbrëmje është shpikur për shfaqjen e faqes, bashkë me numrat e saj.",
    "text_en": "This evening has been invented to show the page, and so have its numbers.",
    "place_sq": "Përpara bashkisë",
    "place_en": "In front of the town hall",
    "map_url": "https://www.openstreetmap.org/?mlat=41.3275&mlon=19.8187#map=17/41.3275/19.8187",
}
# (purpose, language, text) of messages to the team.
MESSAGES = (
    ("press", "sq", "Mesazh i shpikur: po përgatis një emision për lëvizjen. Me kë mund të flas këtë javë?"),
    ("site", "en", "Invented message: the map of the counties does not open on my phone."),
)

# (name in Albanian, name in English, kind, municipality or "" for abroad, number of its logo or None)
ORGANISATIONS = [
    ("Shkolla Shembull", "Shembull School", OrganisationKind.SCHOOL, "Shkodër", 0),
    ("Bashkia Shembull", "Shembull Municipality", OrganisationKind.MUNICIPALITY, "Korçë", 2),
    ("Shoqata Shembull", "Shembull Association", OrganisationKind.ASSOCIATION, "Tiranë", 3),
    ("Teatri Shembull", "Shembull Theatre", OrganisationKind.CULTURE, "Tiranë", None),
    ("Biznesi Shembull", "Shembull Business", OrganisationKind.BUSINESS, "Durrës", 1),
    ("Shoqata Shembull jashtë vendit", "Shembull Association Abroad", OrganisationKind.ASSOCIATION, "", None),
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


class Command(BaseCommand):
    help = (
        "Fill an empty site with a few thousand invented pledges and a staff account, to look at every page. "
        "Refuses a database that holds real pledges."
    )

    @transaction.atomic
    def handle(self, **options):
        # Invented groups have no adult.
        if Pledge.objects.exclude(source=Pledge.Source.DEMO).exists() or GroupPledge.objects.with_person().exists():
            raise CommandError(
                "This database holds real pledges: the demonstration would falsify their totals. Use an empty one."
            )
        if not Pledge.objects.exists():
            Pledge.objects.bulk_create(
                list(invented_pledges(NUMBER_OF_PLEDGES, timedelta(days=365), growth=1.7)), batch_size=500
            )
            GroupPledge.objects.bulk_create(list(self.invented_groups()))
            PaperSheet.objects.bulk_create(list(self.invented_sheets()))
            write_organisations()
            count()
            self.create_events()
            write_commitments()
            # The worker may have published figures of the empty database today.
            PublishedFigure.objects.update(looked_at=None)
            publish()
            self.invent_units()
            record_milestones()
            write_goals()
            write_mailing()
            self.send_messages()
            self.stdout.write(f"Demonstration: {tally.read().total} invented people.")
        if settings.DEV:
            self.stdout.write(create_administrator())

    def invent_units(self):
        """Give two of three child protection units contact data, some of it checked long ago. No real number begins so."""
        for number, unit in enumerate(ProtectionUnit.objects.all()):
            if number % 3:
                unit.phone, unit.email = f"04 000 {number:04}", f"njesia{number}@shembull.invalid"
                unit.address = f"Rruga e shpikur, nr. {number}"
                unit.hours_sq, unit.hours_en = "E hënë deri të premten, 8:00–16:00", "Monday to Friday, 8:00–16:00"
                unit.verified_on = timezone.localdate() - timedelta(days=7 * number)
                unit.save()

    def send_messages(self):
        """Write to the team, as people do by the contact form. The worker settles it."""
        for purpose, language, text in MESSAGES:
            address = f"{purpose}@shembull.invalid"
            form = {"purpose": purpose, "language": language, "text": text, "name": "", "email": address}
            submit(Submission(kind=Submission.Kind.ENQUIRY).seal(is_alarming=False, **form))

    def invented_groups(self):
        """Yield unsaved group pledges of the last weeks, all approved, without an adult."""
        rng = random.Random(2)
        ids = dict(Sector.objects.values_list("slug", "pk"))
        places = list(Municipality.objects.select_related("county"))
        now = timezone.now()
        for number in range(NUMBER_OF_GROUPS):
            at, place = now - timedelta(days=rng.randrange(60), minutes=rng.randrange(600)), rng.choice(places)
            people = {str(ids["children"]): rng.randrange(14, 34), str(ids["teachers"]): 1}
            day = timezone.localdate(at)
            yield GroupPledge(
                kind=GroupPledge.Kind.CLASS,
                institution=f"Shkolla e shpikur {number}",
                institution_key=f"e shpikur {number}",
                municipality=place,
                county=place.county,
                held_on=day,
                school_year=school_year(day),
                grade=rng.randrange(1, 13),
                letter=rng.choice("ABC"),
                people=people,
                counted=people,
                agreed="demo",
                language="sq",
                state=GroupPledge.State.APPROVED,
                created_at=at,
                expires_at=at + PENDING_LIFE,
                confirmed_at=at,
                approved_at=at,
            )

    def invented_sheets(self):
        """Yield unsaved paper sheets: most are counted, one has counts that differ, the last ones are issued."""
        rng = random.Random(3)
        ids = dict(Sector.objects.values_list("slug", "pk"))
        places = list(Municipality.objects.select_related("county"))
        now = timezone.now()
        for number in range(1, NUMBER_OF_SHEETS + 1):
            place = rng.choice(places)
            sheet = PaperSheet(
                number=number, municipality=place, county=place.county, issued_at=now - timedelta(days=30)
            )
            if number <= NUMBER_OF_SHEETS - 3:
                # Invented accounts: the ids of real ones are positive.
                sheet.first = sheet.second = {str(ids[slug]): rng.randrange(3, 30) for slug in ("parents", "citizens")}
                sheet.first_by, sheet.second_by = -1, -2
                sheet.state, sheet.returned_at = PaperSheet.State.COUNTED, now - timedelta(days=rng.randrange(20))
                sheet.counted_at = sheet.returned_at
            if number == NUMBER_OF_SHEETS - 3:
                sheet.state, sheet.counted_at = PaperSheet.State.RETURNED, None
                sheet.second = {sector: people + 1 for sector, people in sheet.first.items()}
            yield sheet

    def create_events(self):
        """Create an event that is over, with what came of it, and one that is to come."""
        tirana = Municipality.objects.get(name_sq="Tiranë")
        past, _coming = [
            Event.objects.create(municipality=tirana, **slugs, **EVENING, **_hours(days)) for days, slugs in EVENTS
        ]
        EventCount.objects.filter(event=past).update(confirmations=137)
        GroupPledge.objects.filter(pk__in=GroupPledge.objects.values("pk")[:3]).update(event=past)
        PaperSheet.objects.filter(number__lte=2).update(event=past)


def create_administrator():
    """Create the demonstration account, or replace its credentials; returns the text to print, the only copy of them."""
    account = Account.objects.with_email(ADDRESS)
    if account is None:
        account = Account(username=ADDRESS, email=ADDRESS, first_name="Demo", is_staff=True)
    password, totp_secret = token_urlsafe(12), b32encode(token_bytes(20)).decode()
    account.is_active = True
    account.set_password(password)
    account.save()
    account.groups.set([Group.objects.get(name=Role.ADMINISTRATOR)])
    Authenticator.objects.filter(user=account).delete()
    # What allauth stores of an app, and of recovery codes.
    app, seed = {"secret": secrets.encrypt(totp_secret)}, {"seed": secrets.encrypt(token_hex(40)), "used_mask": 0}
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data=app)
    recovery = Authenticator.objects.create(user=account, type=Authenticator.Type.RECOVERY_CODES, data=seed)
    codes = recovery.wrap().get_unused_codes()
    return (
        f"Demonstration staff: {ADDRESS}, password {password}\n"
        f"  then one of these codes, each once: {' '.join(codes)}\n"
        f"  or an authenticator app with the key {totp_secret}\n"
        "  To remove it: switch it off under Accounts in the admin."
    )


def invented_pledges(rows, period, growth=1):
    """Yield so many unsaved pledges, the oldest first, in every run the same but for ids.

    Each twentieth is the second of its address. `growth` above 1 makes them more towards the end of the period, which is now.
    """
    rng, now = random.Random(1), timezone.now()
    wordings = {wording.sector_id: wording for wording in Wording.objects.current()}
    texts = {"consent": wordings[None], "consent_language": "sq", "worded_language": "sq"}
    sectors, counties = list(Sector.objects.open()), list(County.objects.all())
    # Parents, the first ones, are most. "Outside Albania" is a county row without a population.
    weights = [1 / position for position, _sector in enumerate(sectors, start=1)]
    populations = [county.population or 200_000 for county in counties]
    domains = [domain for domain, share in DOMAINS.items() for _ in range(share)]
    for number in range(rows):
        is_second, at = number % 20 == 19, now - period * (1 - number / rows) ** growth
        mailbox, drawn, sector = number - is_second, rng.random(), rng.choices(sectors, weights)[0]
        pledge = Pledge(sector=sector, wording=wordings[sector.pk], source=Pledge.Source.DEMO, **texts)
        # The name differs from that of the first at the address.
        name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}"
        pledge.set_person(name, f"emri.{mailbox}@{domains[mailbox * 37 % 100]}")
        pledge.slot = 1 + is_second
        pledge.county = None if rng.random() < 0.05 else rng.choices(counties, populations)[0]
        pledge.language = "en" if rng.random() < 0.2 else "sq"
        pledge.created_at = pledge.consented_at = pledge.worded_at = pledge.written_at = at
        # Marked as reminded, so that no reminder is due.
        pledge.reminded_at, pledge.expires_at = at, at + PENDING_LIFE
        pledge.show_name, pledge.updates = sector.shows_names and rng.random() < 0.3, rng.random() < 0.4
        if rng.random() < 0.95:
            pledge.wall, pledge.wall_at = Pledge.Wall.SHOWN, at.date() - timedelta(days=1)
        # 2 % are invalidated; 20 % of those that have not expired are pending.
        if drawn < 0.02:
            pledge.state, pledge.invalidated_at = Pledge.State.INVALIDATED, min(now, at + timedelta(hours=9))
        elif drawn > 0.2 or at < now - timedelta(days=13):
            pledge.state = Pledge.State.CONFIRMED
        if pledge.state != Pledge.State.PENDING:
            pledge.confirmed_at = min(now, at + timedelta(minutes=20))
        yield pledge


def _hours(days):
    """From six to eight in the evening, this many days from now."""
    day = timezone.localdate() + timedelta(days=days)
    begins, ends = (timezone.make_aware(datetime.combine(day, time(hour))) for hour in (18, 20))
    return {"begins": begins, "ends": ends}


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
