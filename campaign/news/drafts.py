"""Drafts of news about milestones, in both languages, for staff to complete and publish."""

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign.news.models import Article
from pledges.languages import LANGUAGE_CODES
from pledges.models import StarterItem
from pledges.numbers import number
from staff.free_names import free_name


@transaction.atomic
def create_draft(milestone):
    """Create and return a draft Article about the milestone; None if one was ever created, even if staff deleted it."""
    articles = []
    StarterItem.create_once(f"news:{milestone.key}", lambda: articles.append(_create_article(milestone)))
    return articles[0] if articles else None


def _create_article(milestone):
    values, rows = {}, Article.objects.everything()
    for language in LANGUAGE_CODES:
        with translation.override(language):
            title, lead = _title_and_lead(milestone)
            body = render_to_string("campaign/news/milestone_draft.html", {"milestone": milestone})
            values |= {
                f"title_{language}": title,
                f"lead_{language}": lead,
                f"body_{language}": body,
                f"slug_{language}": free_name(
                    rows, f"slug_{language}", f"{pgettext('address', 'milestone')}-{milestone.key}"
                ),
            }
    article = Article(date=milestone.reached_on, **values)
    article.keep_as_draft()
    return article


def _title_and_lead(milestone):
    """(title, lead) in the active language."""
    people = {"people": number(milestone.people)}
    lead = _("The movement to protect children from sexual violence and exploitation has %(people)s supporters.")
    return _("We are %(people)s") % people, lead % people
