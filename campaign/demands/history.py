"""What the pages, cards, feed and open data say of the steps of a demand: its state, its path, its timeline, its days."""

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaign.content import SiteContent


class State(models.TextChoices):
    ASKED = "asked", _("Asked")
    IN_REVIEW = "in_review", _("In review")
    ADOPTED = "adopted", _("Law adopted")
    IN_FORCE = "in_force", _("Law in force")
    WORKING = "working", _("Working")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNKNOWN = "unknown", _("We do not know")


# After these everything begins again.
ENDS = (State.REFUSED, State.WITHDRAWN)

# The dots of the path.
DOTS = (State.ASKED, State.IN_REVIEW, State.ADOPTED, State.WORKING)

# What a demand in this state is, in one sentence.
SENTENCES = {
    State.ASKED: _("It has been asked for. We know of no work on it yet."),
    State.IN_REVIEW: _("The institutions are considering it. We know of no decision yet."),
    State.ADOPTED: _("The law has been adopted. We do not know whether it is in force."),
    State.IN_FORCE: _("The law is in force. We do not know whether what it requires has been done."),
    State.WORKING: _("The law is in force, and it works."),
    State.REFUSED: _("It has been refused."),
    State.WITHDRAWN: _("It has been withdrawn."),
    State.UNKNOWN: _("We do not know how it stands today."),
}
# The dot that each state reaches. A demand in force has reached the third one: whether it works is another question.
PLACES = {State.ASKED: 0, State.IN_REVIEW: 1, State.ADOPTED: 2, State.IN_FORCE: 2, State.WORKING: 3}


def in_order(steps):
    """The steps by date; of one day, in the order of the states."""
    return sorted(steps, key=lambda step: (step.date, State.values.index(step.state), step.pk or 0))


@dataclass(frozen=True)
class Leg:
    """One step on the timeline. `corrected` are (a step that it replaced, the step that replaced it), the last one first."""

    step: models.Model
    before: models.Model | None = None
    corrected: tuple = ()

    @property
    def is_news(self):
        """Whether the state is the same as before, so that only the sentence is new."""
        return self.before is not None and self.before.state == self.step.state

    @property
    def heading(self):
        return self.step.sentence.rstrip(".") if self.is_news else self.step.get_state_display()


@dataclass(frozen=True)
class Count:
    """The days of the large figure, from `since` until `until`. `words` follow the number, in its singular or plural."""

    since: date
    until: date
    words: object

    @property
    def days(self):
        return (self.until - self.since).days

    @property
    def statement(self):
        return self.words % {"n": self.days}

    @property
    def months(self):
        """Full months, at least one: one dot each."""
        months = 12 * (self.until.year - self.since.year) + self.until.month - self.since.month
        return range(max(1, months - (self.until.day < self.since.day)))


class History:
    """Mixin for Demand: what its steps say on the day that the content is of. Its `steps` are to be prefetched."""

    @cached_property
    def current(self):
        """The steps that no later one corrects, in order."""
        return tuple(in_order(step for step in self.steps.all() if step.pk not in self.corrections))

    @cached_property
    def corrections(self):
        """{id of a corrected step: the step that replaced it}"""
        return {step.corrects_id: step for step in self.steps.all() if step.corrects_id}

    @property
    def last(self):
        """The last step, None without any."""
        return self.current[-1] if self.current else None

    @property
    def since(self):
        """The date of the step with which the present state began, None without any."""
        began = None
        for step in reversed(self.current):
            if step.state != self.last.state:
                break
            began = step.date
        return began

    @cached_property
    def known(self):
        """The last step that says something, None without any."""
        return next((step for step in reversed(self.current) if step.state != State.UNKNOWN), None)

    @property
    def sentence(self):
        """The state today in one sentence."""
        return SENTENCES[self.last.state if self.last else State.UNKNOWN]

    @property
    def on_card(self):
        """What the picture of its link says below its title: the state, then newer news; "" without a step."""
        if not self.last:
            return ""
        told = [f"{self.last.get_state_display()}: {date_format(self.since, 'DATE_FORMAT')}"]
        if self.legs[-1].is_news:
            told.append(f"{self.legs[-1].heading} ({date_format(self.last.date, 'DATE_FORMAT')})")
        return "\n".join(told)

    @property
    def is_open(self):
        """Whether we wait for more: it neither works nor was refused or withdrawn."""
        return self.last is None or self.last.state not in (State.WORKING, *ENDS)

    @property
    def silent_days(self):
        """Days since the last step that says something."""
        return (SiteContent.current().today - self.known.date).days if self.known else None

    @cached_property
    def legs(self):
        """The timeline: a Leg for each current step."""
        by_id = {step.pk: step for step in self.steps.all()}

        def replaced(step):
            while old := by_id.get(step.corrects_id):
                yield old, step
                step = old

        pairs = zip(self.current, (None, *self.current), strict=False)
        return [Leg(step, before, tuple(replaced(step))) for step, before in pairs]

    @cached_property
    def path(self):
        """[(label, mark)] of the four dots, empty without a step; a mark is "done", "now", "maybe" (we do not know) or ""."""
        if self.known is None:
            return []
        state, labels = self.known.state, [dot.label for dot in DOTS]
        place = max(PLACES.get(step.state, 0) for step in self._since_the_last_end())
        if state != State.WORKING:
            place = min(place, 2)
        if state in ENDS:
            place += 1
            labels[place] = self.known.get_state_display()
        marks = ["done"] * place + ["now"] + [""] * (3 - place)
        if state == State.IN_FORCE:
            labels[2], labels[3], marks[3] = State.IN_FORCE.label, _("Working: we do not know"), "maybe"
        return list(zip(labels, marks, strict=True))

    def _since_the_last_end(self):
        """The steps after the last refusal or withdrawal that was not the end; all of them if that is the last word."""
        steps = list(self.current[: self.current.index(self.known) + 1])
        ends = [n for n, step in enumerate(steps[:-1]) if step.state in ENDS]
        return steps[ends[-1] + 1 :] if ends else steps

    @cached_property
    def count(self):
        """The Count of days, None without a step and for a demand that was withdrawn."""
        if self.known is None or self.known.state == State.WITHDRAWN:
            return None
        asked, today = self.current[0], SiteContent.current().today
        first = {step.state: step for step in reversed(self._since_the_last_end())}
        if self.known.state == State.WORKING:
            words = ngettext_lazy("passed until it worked.", "passed until it worked.", "n")
            return Count(asked.date, first[State.WORKING].date, words)
        if self.known.state == State.IN_FORCE:
            words = ngettext_lazy(
                "has passed since the law came into force.", "have passed since the law came into force.", "n"
            )
            return Count(first[State.IN_FORCE].date, today, words)
        words = ngettext_lazy("has passed since it was asked for.", "have passed since it was asked for.", "n")
        return Count(asked.date, today, words)
