"""The filter of the list of pledges by the minutes and the origin of sign-ups, to which the page "Sign-ups by minute" leads."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.access import decrypted, sees_people
from pledges.statistics.origins import DOMAIN, PARAMETERS, PROVIDER, Chosen


def chosen_of(request):
    """The Chosen that the address of a page names, or None."""
    try:
        return Chosen.parse(request.GET)
    except (ValueError, KeyError):
        return None


def domain_of(request, origin):
    """The email domain of an Origin, for staff who may see people; "" for others and for networks."""
    return decrypted(origin.read_domain) if sees_people(request) or origin.kind == PROVIDER else ""


def origin_words(request, origin):
    """An Origin in words. The domain is opened for staff who may see people."""
    if origin.kind == PROVIDER:
        return origin.value or _("other email domains")
    if origin.kind == DOMAIN:
        return domain_of(request, origin) or _("one email domain")
    return _("one network")


def minutes_words(chosen):
    """The minutes of a Chosen in words."""
    return " – ".join(formats.localize(timezone.localtime(time)) for time in (chosen.since, chosen.until))


class ChosenFilter(admin.ListFilter):
    """Sign-ups of one origin in some minutes. It appears only while it is in use."""

    title = gettext_lazy("sign-ups by minute")

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.used_parameters = {name: params.pop(name)[-1] for name in PARAMETERS if name in params}
        try:
            self.chosen = Chosen.parse(self.used_parameters) if self.used_parameters else None
        except (ValueError, KeyError) as error:
            raise IncorrectLookupParameters from error

    def expected_parameters(self):
        return list(PARAMETERS)

    def has_output(self):
        return self.chosen is not None

    def queryset(self, request, queryset):
        return self.chosen.among(queryset) if self.chosen else queryset

    def choices(self, changelist):
        yield {
            "selected": False,
            "query_string": changelist.get_query_string(remove=PARAMETERS),
            "display": _("All"),
        }
        yield {
            "selected": True,
            "query_string": changelist.get_query_string(),
            "display": f"{origin_words(self.request, self.chosen.origin)}; {minutes_words(self.chosen)}",
        }
