"""Numbers formatted in the active language, and round numbers."""

from django.utils import formats
from django.utils.translation import get_language


def number(value):
    """A whole number as text: 1234 and 12 345 in Albanian (grouped from five digits on), 12,345 in English."""
    if get_language() == "sq" and abs(value) < 10_000:
        return str(value)
    return formats.number_format(value, decimal_pos=0, use_l10n=True, force_grouping=True)


def decimal(value):
    """A number with one decimal as text: 30,6 in Albanian, 30.6 in English."""
    # number_format() truncates instead of rounding.
    return formats.number_format(round(value, 1), decimal_pos=1, use_l10n=True, force_grouping=value >= 10_000)


def one_two_five():
    """The 1-2-5 series: 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
