"""Signal receiver that warns editors of discouraged terms and recommends replacements."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaign.models import Term
from staff.admin.content import check_texts


@receiver(check_texts)
def warn(sender, texts, **kwargs):
    """Return one sentence for each discouraged term in the texts."""
    # The list of terms itself contains every term.
    if sender is Term:
        return []
    sentences = []
    for label, language, term, words in Term.objects.all().find_in(texts):
        better, why = term.advice(language)
        sentences.append(
            _("%(field)s: “%(words)s” stands there. Better: “%(better)s”. %(why)s")
            % {"field": label, "words": words, "better": better, "why": why}
        )
    return sentences
