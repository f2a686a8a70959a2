"""Steps of demands and hand-overs for tests."""

from datetime import timedelta

from django.utils import timezone

from campaign.models import Demand, DemandStep, HandOver
from pledges.models import Goal


def days_ago(days):
    """The date in Tirana so many days ago."""
    return timezone.localdate() - timedelta(days=days)


def step_values(**changes):
    """What staff enter about a step."""
    return {
        "date": days_ago(1),
        "state": "asked",
        "sentence_sq": "U kërkua përsëri.",
        "sentence_en": "It was asked for again.",
        "source_title": "shembull.al",
        "source_url": "https://shembull.al/lajmi",
        **changes,
    }


def add_step(demand, **changes):
    """A new step of a demand, saved without its form."""
    return DemandStep.objects.create(demand=demand, **step_values(**changes))


def make_demand(*steps, **values):
    """A demand with these steps, each (state, days ago)."""
    key = values.setdefault("key", "new")
    names = {"slug_sq": f"{key}-sq", "slug_en": f"{key}-en", "title_sq": "Kërkesë e re", "title_en": "New demand"}
    texts = {"text_sq": "Gjendja.", "text_en": "The position."}
    demand = Demand.objects.create(**names | texts | values)
    for state, days in steps:
        add_step(demand, state=state, date=days_ago(days))
    return demand


def make_handover(people=5000, county=None, **values):
    """A hand-over of the first demand at a goal of so many people, with a sentence in both languages."""
    sentences = {"sentence_sq": "Atëherë e dorëzojmë.", "sentence_en": "Then we hand it over."}
    goal = Goal.objects.create(people=people, county_id=county, **sentences)
    demand = values.pop("demand", None) or Demand.objects.first()
    return HandOver.objects.create(goal=goal, demand=demand, institution="Kuvendi i Shqipërisë", **values)
