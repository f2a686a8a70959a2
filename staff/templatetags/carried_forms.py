"""The tag `csrf_token` of the admin. It adds what a form needs so that what is typed in it is not lost (staff/carrying.py)."""

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils.html import format_html

from staff import carried
from staff.accounts import sessions

register = template.Library()


@register.tag
def csrf_token(parser, token):
    """The hidden field of the CSRF token, and that of the carried token or of who opened the form."""
    return CarriedNode()


class CarriedNode(CsrfTokenNode):
    """The hidden fields of a form."""

    def render(self, context):
        return super().render(context) + hidden_field(context.get("request"))


def hidden_field(request):
    """`carried` on the pages of sign-in while something is carried, `opened` in a strong session elsewhere, or nothing."""
    if token := getattr(request, "carried", ""):
        return format_html('<input type="hidden" name="{}" value="{}">', carried.FIELD, token)
    has_account = getattr(request, "session", None) is not None and hasattr(request, "user")
    if has_account and not request.path.startswith(reverse("mfa_index")) and sessions.is_strong(request):
        return format_html('<input type="hidden" name="{}" value="{}">', carried.OPENED, carried.opened(request))
    return ""
