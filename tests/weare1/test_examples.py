"""Every example in a hint or an error is accepted by its own field, in both languages."""

import re

import pytest
from django import forms
from django.apps import apps
from django.utils import translation

from campaign import richtext
from pledges.desk.people import FindForm, PersonForm
from pledges.signing.forms import MyPledgeForm, NewAddressForm, PledgeForm
from staff.accounts.forms import PasskeyNameForm
from staff.admin.accounts import AccountForm
from tests.pages import LANGUAGES
from tests.weare1.test_languages import of_scripts

FORMS = [PledgeForm, MyPledgeForm, NewAddressForm, FindForm, PersonForm, AccountForm, PasskeyNameForm]

# An example follows these words: in quotation marks, as a value (an address, a number, a sign), or as a name.
CUE = {"en": r"(?:[Ss]uch as|[Ff]or example|, like|Example:)", "sq": r"(?:[Pp]ër shembull|p\.sh\.|, si|Shembull:)"}
EXAMPLE = r",? (?:[“„]([^”]+)”|((?:\d+, )*[^\s“„]*[\d@+./][^\s“„]*)|([A-ZÇË]\w+ \w+))"


def examples(text, language):
    """The examples that a hint or error gives."""
    found = re.findall(CUE[language] + EXAMPLE, text)
    return [next(filter(None, groups)).rstrip(".,;:") if groups[1] else "".join(groups) for groups in found]


def fields():
    """Yield (where, form field, validators of the model) of every text that people type."""
    for model in apps.get_models():
        if model._meta.app_label in ("pledges", "campaign", "staff"):
            for field in model._meta.fields:
                form_field = field.formfield() if field.editable else None
                if form_field and not isinstance(form_field, (forms.ChoiceField, forms.FileField)):
                    yield f"{model.__name__}.{field.name}", form_field, field.run_validators
    for form in FORMS:
        for name, form_field in form.base_fields.items():
            yield f"{form.__name__}.{name}", form_field, lambda value: None


def hints(field):
    """The hint and the errors of a form field."""
    return [str(field.help_text), *map(str, field.error_messages.values())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_is_accepted_by_its_own_field(language):
    tried, refused = set(), {}
    with translation.override(language):
        for where, field, validate in fields():
            for example in {example for hint in hints(field) for example in examples(hint, language)}:
                tried.add((where, example))
                try:
                    validate(field.clean(example))
                except forms.ValidationError as error:
                    refused[where, example] = error.messages
    assert refused == {}
    # Also those without quotation marks.
    of_each = {where for where, _example in tried}
    assert {"Statistic.year", "Goal.people", "PersonForm.name"} < of_each
    assert {"PledgeForm.email", "AccountForm.first_name", "Page.slug_en"} < of_each
    assert len(tried) > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_accepts_the_addresses_of_the_example_for_links(language):
    [hint] = [each for each in of_scripts()[1] if each.id.startswith("For example: ")]
    words = hint.id if language == "en" else hint.translations[0]
    addresses = re.findall(r"[\w:]*/[\w./]+\w/?|(?:mailto|tel):[\w@.]+\w", words)
    assert len(addresses) == 4
    for address in addresses:
        link = f'<p><a href="{address}">x</a></p>'
        assert f'href="{address}"' in richtext.clean(link), address
