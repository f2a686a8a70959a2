"""The form on the page of a pledge with what its supporter is emailed about."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from pledges.content import PledgeContent
from pledges.follows.models import Follow, demand_title, followable_demands
from pledges.forms.layout import helper


class FollowForm(forms.Form):
    """The news, the demands and the counties that a supporter follows by email; none is required."""

    updates = forms.BooleanField(required=False, label=_("News about the movement"))
    demands = forms.MultipleChoiceField(
        required=False,
        label=_("Demands"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose from the demands on this page.")},
    )
    counties = forms.MultipleChoiceField(
        required=False,
        label=_("Counties"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose from the counties on this page.")},
    )

    def __init__(self, *args, pledge, action, **kwargs):
        self.pledge = pledge
        followed = pledge.follows.order_by("pk").values_list("demand", "county")
        demands = [key for key, _code in followed if key]
        initial = {"updates": pledge.updates, "demands": demands, "counties": [code for _key, code in followed if code]}
        super().__init__(*args, initial=initial, **kwargs)
        # A demand that is no longer shown stays on offer to those who follow it, so that they can end that.
        titles = {key: demand_title(key) for key in [*followable_demands(), *demands]}
        self.fields["demands"].choices = list(titles.items())
        if not titles:
            del self.fields["demands"]
        counties = PledgeContent.current().counties_with_page
        self.fields["counties"].choices = [(county.code, county.name) for county in counties]
        self.helper = helper(*self.fields, Submit("follow", _("Save my choices"), css_class="btn-2"), action=action)

    def save(self):
        """Store exactly these choices; returns True. The caller has locked the pledge."""
        self.pledge.updates = self.cleaned_data["updates"]
        self.pledge.save(update_fields=["updates"])
        Follow.choose(self.pledge, self.cleaned_data.get("demands", []), self.cleaned_data["counties"])
        return True
