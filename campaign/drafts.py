"""Drafts of news that the site proposes to staff: about a milestone, in both languages, for them to finish and publish."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign.models import Article
from pledges.models import Milestone, StarterItem
from pledges.models.numbers import number


def milestones_without_news():
    """Milestones about which no draft was ever made, newest first."""
    written = set(StarterItem.objects.filter(key__startswith="news:").values_list("key", flat=True))
    return [each for each in Milestone.objects.select_related("sector") if _key(each) not in written]


@transaction.atomic
def draft_for(milestone):
    """A new draft Article about the milestone, or None: it is made once and not brought back when staff delete it."""
    made = []
    StarterItem.create_once(_key(milestone), lambda: made.append(_draft(milestone)))
    return made[0] if made else None


def _key(milestone):
    return f"news:{milestone.key}"


def _draft(milestone):
    values = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            title, lead = _words(milestone)
            body = render_to_string("campaign/milestone_draft.html", {"milestone": milestone})
            values |= {
                f"title_{language}": title,
                f"lead_{language}": lead,
                f"body_{language}": body,
                f"slug_{language}": _free_slug(language, f"{pgettext('address', 'milestone')}-{milestone.key}"),
            }
    return Article.objects.create(date=milestone.reached_on, **values)


def _words(milestone):
    """(title, lead) in the present language."""
    match milestone.kind:
        case Milestone.Kind.PEOPLE:
            title = _("We are %(people)s") % {"people": number(milestone.people)}
            lead = _("%(people)s people have signed the pledge against sexual violence and exploitation of children.")
            return title, lead % {"people": number(milestone.people)}
        case Milestone.Kind.SECTOR:
            words = {"sector": milestone.sector.name, "people": number(milestone.people)}
            title = _("%(sector)s: the first %(people)s") % words
            return title, _("The first %(people)s of this group have signed the pledge: %(sector)s.") % words
    return _("We are in every county"), _("At least one person in each of Albania’s counties has signed the pledge.")


def _free_slug(language, slug):
    """The slug, or with a number after it when another article has it."""
    taken = set(
        Article.objects.filter(**{f"slug_{language}__startswith": slug}).values_list(f"slug_{language}", flat=True)
    )
    choices = [slug, *(f"{slug}-{number_after}" for number_after in range(2, len(taken) + 3))]
    return next(choice for choice in choices if choice not in taken)
