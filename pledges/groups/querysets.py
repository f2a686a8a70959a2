"""The queryset of group pledges: filters, changes of many, and how institutions and school years are compared."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from pledges import addresses
from pledges.cases.models import ProposalQuerySet

# For how long the adult can correct the numbers after confirming.
CORRECTION_PERIOD = timedelta(days=30)
# Name and address are erased this long after the confirmation, or after the refusal.
PERSON_PERIOD = timedelta(days=365)
REFUSED_PERIOD = timedelta(days=30)
# The most characters of the key of a name.
KEY_LENGTH = 120
# Words that most names of schools share. "Shkolla “Naim Frashëri”" and "Naim Frasheri" are one institution.
COMMON_WORDS = {"shkolla", "shkolle", "shkolles", "gjimnazi", "gjimnaz", "vjecare", "9", "school", "the", "of"}


def institution_key(name):
    """The words of an institution's name in alphabetical order, without accents and common words; all words if none is left.

    It has at most KEY_LENGTH characters: without accents some letters are two, such as "ß".
    """
    words = addresses.plain_words(name)
    return " ".join(sorted(set(words) - COMMON_WORDS) or sorted(words))[:KEY_LENGTH]


def lowered(counted, people):
    """The approved numbers {sector: people}, none above the stated ones."""
    return {sector: min(n, people[sector]) for sector, n in counted.items() if sector in people}


def school_year(day):
    """The year in which the school year of this day began: school years begin in September."""
    return day.year if day.month >= 9 else day.year - 1


class GroupPledgeQuerySet(ProposalQuerySet):
    """Filters of group pledges, and changes of many of them."""

    def waiting(self):
        """Group pledges that wait for a decision of staff: confirmed ones, and approved ones with a higher number."""
        return self.filter(Q(state=self.model.State.CONFIRMED) | self.raised())

    @staticmethod
    def raised():
        """The condition that an approved group wants more people counted than were approved."""
        return Q(state="approved") & ~Q(people=F("counted"))

    def due_to_be_erased(self):
        """Group pledges whose adult's name and address are not needed any more."""
        refused = Q(state=self.model.State.REFUSED, refused_at__lte=Now() - REFUSED_PERIOD)
        return self.with_person().filter(refused | Q(confirmed_at__lte=Now() - PERSON_PERIOD))

    def move_people(self, source, into):
        """Count the people of one sector in another; returns how many group pledges this call changed."""
        with transaction.atomic():
            groups = list(self.filter(people__has_key=str(source.pk)).order_by("pk").select_for_update(of=("self",)))
            for group in groups:
                for column in ("people", "counted"):
                    if numbers := getattr(group, column):
                        moved = numbers.pop(str(source.pk), 0)
                        numbers[str(into.pk)] = numbers.get(str(into.pk), 0) + moved
                group.save(update_fields=["people", "counted"])
        return len(groups)

    def same_class(self, group):
        """Approved classes of the same institution, school year, grade and letter."""
        return self.filter(
            state=self.model.State.APPROVED,
            kind=self.model.Kind.CLASS,
            municipality=group.municipality,
            institution_key=group.institution_key,
            school_year=group.school_year,
            grade=group.grade,
            letter=group.letter,
        )
