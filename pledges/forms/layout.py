"""The crispy layout of a form, derived from the order of its fields and from the place each field declares for itself."""

from dataclasses import dataclass

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout


@dataclass(frozen=True)
class FormSection:
    """A group of fields under a legend; `note` names a template that is shown below them.

    With `more` only the first two fields are in sight: it is the line on which the others unfold.
    """

    legend: str
    note: str = ""
    more: str = ""


def placed(field, *, section=None, css_class=""):
    """Declare the place of a form field: in a section, or in a <div> with a class. Returns the field."""
    field.section = section
    field.css_class = css_class
    return field


def field_layout(form, names):
    """Layout objects of these visible fields: those without a section first, then each section, all in the given order."""
    sections = {}
    for name in names:
        field = form.fields[name]
        css_class = getattr(field, "css_class", "")
        entry = Div(name, css_class=css_class) if css_class else name
        sections.setdefault(getattr(field, "section", None), []).append(entry)
    objects = sections.pop(None, [])
    for section, entries in sections.items():
        if section.more:
            fields = [form.fields[name] for name in names if getattr(form.fields[name], "section", None) is section]
            is_open = form.is_bound or any(field.initial for field in fields[2:])
            summary = f"<details{' open' if is_open else ''}><summary>{section.more}</summary>"
            entries[2:] = [HTML(summary), *entries[2:], HTML("</details>")]
        if section.note:
            entries.append(HTML(f'{{% include "{section.note}" %}}'))
        objects.append(Fieldset(section.legend, *entries))
    return objects


def helper(*layout, action="", form_id=None):
    """The crispy helper of a form without a CSRF token (`cookieless_form`). `action` is the name of a URL, or a path."""
    made = FormHelper()
    made.disable_csrf, made.form_action, made.form_id = True, action, form_id
    made.layout = Layout(*layout)
    return made
