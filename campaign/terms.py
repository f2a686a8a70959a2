"""Warns editors of words on the safeguarding list, with the better ones."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaign.models import Term
from staff.admin.content import check_texts


@receiver(check_texts)
def warn(sender, texts, **kwargs):
    """A sentence for each word to avoid."""
    # The list itself holds them all.
    if sender is Term:
        return []
    sentences = []
    for label, language, term, words in Term.objects.all().found_in(texts):
        better, why = term.advice(language)
        sentences.append(
            _("%(field)s: “%(words)s” stands there. Better: “%(better)s”. %(why)s")
            % {"field": label, "words": words, "better": better, "why": why}
        )
    return sentences
