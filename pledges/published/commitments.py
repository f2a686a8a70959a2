"""What is published of a commitment."""

from dataclasses import dataclass

from pledges.published.rule import SMALLEST_ASKED

# The names in the open data.
FIGURES = ("chosen", "asked", "answered", "done", "going_on", "cannot_say", "silent")


@dataclass(frozen=True)
class CommitmentFigures:
    """About how many people each, 0 where nothing is shown. They do not add up: each has a blur of its own."""

    chosen: int = 0
    asked: int = 0
    answered: int = 0
    done: int = 0
    going_on: int = 0
    cannot_say: int = 0
    silent: int = 0

    @classmethod
    def of(cls, commitment, people_of):
        """Those of a commitment; `people_of` returns what is published under a name. No part is above its whole."""
        chosen, *others = (people_of(f"commitment:{commitment.pk}:{name}") for name in FIGURES)
        asked, *answers = (min(people, chosen) for people in others)
        if asked < SMALLEST_ASKED:
            return cls(chosen)
        return cls(chosen, asked, *(min(people, asked) for people in answers))

    @property
    def kept(self):
        """How many have done it or are still working on it."""
        return min(self.asked, self.done + self.going_on)

    @property
    def rest(self):
        """Those asked who said that it is not for them any more, or are too few of one kind to be shown."""
        return max(0, self.asked - self.done - self.going_on - self.cannot_say - self.silent)
