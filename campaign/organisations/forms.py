"""Forms of the public pages of campaign."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from campaign.pictures import logos
from campaign.pictures.models import SafeFileField
from pledges.forms.layout import field_layout, helper


class LogoField(SafeFileField):
    """A logo; its value is {width: WebP data}, redrawn."""

    copy = staticmethod(logos.redrawn)


class LogoForm(forms.Form):
    """The logo of an organisation. The link in its address is what protects it from other sites."""

    logo = LogoField(
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, 5 MB or smaller. We show all logos in one colour."),
        error_messages={
            "required": _("Choose the file of your logo."),
            "empty": _("This file is empty. Choose the file of your logo."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(*field_layout(self, self.fields), Submit("send", _("Send the logo")))
