"""The place of pages in the menu and in the footer."""

from django.utils.translation import gettext_lazy as _

from campaign.models.pages import Page


class MenuPlace(Page):
    """A page in the admin of the menus. A proxy model, so that this admin has permissions of its own."""

    class Meta:
        proxy = True
        verbose_name = _("place in menu and footer")
        verbose_name_plural = _("menu and footer")
