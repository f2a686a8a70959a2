"""Actions on selected rows ask first: which rows, how many, and what will happen. The button repeats the POST with "sure"."""

import functools

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# Rows that the page names.
SHOWN_ROWS = 20
# The field that the button of the page adds.
SURE = "sure"


def asks_first(*sentences):
    """Decorator of an action, below `@admin.action`: before it runs, a page shows the rows and these sentences."""

    def decorate(action):
        @functools.wraps(action)
        def ask(model_admin, request, queryset):
            if SURE in request.POST:
                return action(model_admin, request, queryset)
            return model_admin.page(
                request,
                "staff/ask.html",
                capfirst(str(ask.short_description).removesuffix(" …")),
                explanation=sentences,
                facts=[(_("Selected"), queryset.count())],
                hidden=repeated(request),
                cancel_url=request.get_full_path(),
                **chosen_rows(model_admin, request, queryset),
            )

        return ask

    return decorate


def chosen_rows(model_admin, request, queryset):
    """Template context of the first SHOWN_ROWS rows: their titles, and whether there are more.

    An admin that names its rows otherwise than `str` has a method `titles(request, rows)`.
    """
    rows = list(queryset[: SHOWN_ROWS + 1])
    shown = rows[:SHOWN_ROWS]
    titles = model_admin.titles(request, shown) if hasattr(model_admin, "titles") else [str(row) for row in shown]
    return {"row_titles": titles, "has_more_rows": len(rows) > SHOWN_ROWS}


def repeated(request):
    """The (name, value) pairs of the POST that the button sends again."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", SURE)
        for value in values
    ]
