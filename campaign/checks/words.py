"""Words to avoid, with a better one."""

from django.utils.translation import gettext as _

from campaign.terms.models import Term
from staff.admin.checks import Finding


def check(content):
    """Yield a finding for each discouraged term in each text."""
    texts = [(text, text.language, text.value) for text in content.texts if text.value]
    for text, language, term, words in Term.objects.all().find_in(texts):
        better, why = term.advice(language)
        message = _("%(field)s contains “%(words)s”. Better: “%(better)s”. %(why)s")
        yield Finding(
            text,
            "words",
            _("Better: “%(better)s”. %(why)s") % {"better": better, "why": why},
            passage=words,
            message=message % {"field": text.label, "words": words, "better": better, "why": why},
        )
