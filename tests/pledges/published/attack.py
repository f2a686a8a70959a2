"""An attacker on published figures, who computes exactly (Bayes) what each night tells. Needs no database.

They know the rule, what is shown each night and their own accounts, 20 at a time, which they add where a figure is most
likely to move.
"""

import math
from functools import cache

from pledges.published import models as rule

OWN = 20
# Population of the twelve counties in percent (INSTAT, Census 2023), the largest first.
SHARES = [31.6, 12.5, 9.7, 8.8, 7.6, 6.4, 5.9, 5.0, 4.5, 3.0, 2.5, 2.5]
SHARES = [share / sum(SHARES) for share in SHARES]


@cache
def blurs():
    """{blur: probability}."""
    ratio = math.exp(-1 / rule.BLUR)
    return {n: (1 - ratio) / (1 + ratio) * ratio ** abs(n) for n in range(-90, 91)}


@cache
def outcomes(shown, level):
    """{what is shown after a night: probability}, where `level` is people + offset."""
    chances = {}
    for blur, chance in blurs().items():
        after = rule.next_shown(shown, level + blur)
        chances[after] = chances.get(after, 0) + chance
    return chances


def accounts(shown, level):
    """How many own accounts to add so that the figure is most likely to move, if its level is this without them."""
    return max((0, OWN), key=lambda own: 1 - outcomes(shown, level + own).get(shown, 0))


class Watch:
    """One figure over the nights, and what the attacker thinks of its level (people without their own + offset)."""

    def __init__(self, level, levels, shown=0):
        self.level, self.shown = level, shown
        self.chances = {each: 1 / len(levels) for each in levels}

    def night(self, source, only_rises=False, nights=0):
        """Watch one night."""
        guess = round(sum(level * chance for level, chance in self.chances.items()))
        own = OWN * nights if only_rises else accounts(self.shown, guess)
        after = rule.next_shown(self.shown, self.level + own + rule.draw_blur(source))
        for level in self.chances:
            self.chances[level] *= outcomes(self.shown, level + own).get(after, 0)
        total = sum(self.chances.values())
        self.chances = {level: chance / total for level, chance in self.chances.items()}
        self.shown = after


def exact_figure(source, figures, nights, only_rises=0):
    """The chance with which they name a number of 1 to 4 people who are all in so many figures."""
    people, low = source.randint(1, 4), -(rule.OFFSETS // 2)
    product = [1] * 5
    for index in range(figures):
        watch = Watch(people + low + source.randrange(rule.OFFSETS), range(1 + low, 4 + low + rule.OFFSETS))
        for night in range(nights):
            watch.night(source, index < only_rises, night + 1)
        for n in range(1, 5):
            product[n] *= sum(watch.chances[n + low + offset] for offset in range(rule.OFFSETS))
    return max(product[1:]) / sum(product[1:])


def next_newcomer(source, nights, targets):
    """How much likelier than its share they find the county they name, and are right to, who know all but one newcomer.

    The attacker knows people, offset and figure of each county. No one else signs or withdraws in these nights. The accounts are
    divided over the `targets` largest counties; with 0, over the smallest four.
    """
    home = source.choices(range(12), SHARES)[0]
    chances = list(SHARES)
    levels = [source.randrange(60, 300) for _ in SHARES]
    shown = [round((level + source.randrange(-rule.MOVE, rule.MOVE)) / 5) * 5 for level in levels]
    shown = [n if n >= rule.SMALLEST else 0 for n in shown]
    for _ in range(nights):
        for county in range(12):
            is_target = county < targets if targets else county >= 8
            level = levels[county]
            if is_target:
                part = OWN // (targets or 4)
                level = max((level, level + part), key=lambda n: 1 - outcomes(shown[county], n).get(shown[county], 0))
            after = rule.next_shown(shown[county], level + (county == home) + rule.draw_blur(source))
            with_one, without = (outcomes(shown[county], level + n).get(after, 1e-12) for n in (1, 0))
            chances[county] *= with_one / without
            shown[county] = after
    total = sum(chances)
    return max(chance / total - share for chance, share in zip(chances, SHARES, strict=True))


def change(source, before, after, largest=30):
    """The chance with which ten consecutive numbers that they name hold the change of a county, 0 to `largest`."""
    people, moved = source.randrange(80, 160), source.randrange(largest + 1)
    levels = range(30, 210)
    shown = round((people + source.randrange(-rule.MOVE, rule.MOVE)) / 5) * 5
    first = Watch(people, levels, shown if shown >= rule.SMALLEST else 0)
    for _ in range(before):
        first.night(source)
    second = Watch(people + moved, range(30, 210 + largest), first.shown)
    for _ in range(after):
        second.night(source)
    by_change = [
        sum(chance * second.chances[level + n] for level, chance in first.chances.items()) for n in range(largest + 1)
    ]
    return max(sum(by_change[n : n + 10]) for n in range(largest - 8)) / sum(by_change)
