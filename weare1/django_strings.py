"""Strings of Django itself that our catalogue translates: where its own Albanian is missing or not as Albanian is written.

makemessages finds them here; nothing imports this module.
"""

from django.utils.translation import gettext_noop, ngettext, pgettext_lazy

# Months and days are written in lower case (CLDR).
gettext_noop("January")
gettext_noop("February")
gettext_noop("March")
gettext_noop("April")
gettext_noop("May")
gettext_noop("June")
gettext_noop("July")
gettext_noop("August")
gettext_noop("September")
gettext_noop("October")
gettext_noop("November")
gettext_noop("December")
pgettext_lazy("alt. month", "January")
pgettext_lazy("alt. month", "February")
pgettext_lazy("alt. month", "March")
pgettext_lazy("alt. month", "April")
pgettext_lazy("alt. month", "May")
pgettext_lazy("alt. month", "June")
pgettext_lazy("alt. month", "July")
pgettext_lazy("alt. month", "August")
pgettext_lazy("alt. month", "September")
pgettext_lazy("alt. month", "October")
pgettext_lazy("alt. month", "November")
pgettext_lazy("alt. month", "December")
gettext_noop("Monday")
gettext_noop("Tuesday")
gettext_noop("Wednesday")
gettext_noop("Thursday")
gettext_noop("Friday")
gettext_noop("Saturday")
gettext_noop("Sunday")

# Missing in Django's Albanian.
gettext_noop("- Select an option -")
gettext_noop("“%(value)s” value must be a float.")
gettext_noop("Floating point number")
gettext_noop("“%(value)s” is not a valid binary value.")
gettext_noop("No %s matches the given query.")
gettext_noop("Run")
gettext_noop("Breadcrumbs")
gettext_noop("Pagination %(name)s entries")
gettext_noop("Pagination %(name)s")
gettext_noop('The app "%s" could not be found.')
gettext_noop("Filter by %(field_name)s")
gettext_noop("Logout")
gettext_noop("work factor")
gettext_noop("checksum")
gettext_noop("Nested arrays must have the same length.")
ngettext("…and %(count)d more object.", "…and %(count)d more objects.", 2)
ngettext(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
    2,
)
