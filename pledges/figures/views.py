"""The blue ribbon: the page that draws it around a photo, and its pictures."""

from functools import cache

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from pledges.figures.mosaic import NEUTRAL_DOT_WIDTH, neutral_paths
from pledges.figures.rendering import png
from pledges.fixed_pages import fixed_page
from pledges.serving.http import embeddable, in_named_language, public_page
from pledges.sharing import brand

# Of the picture on the page of the materials, in pixels.
SMALL_WIDTH = 300


@fixed_page(
    _("Add the blue ribbon to your photo"),
    _("Add the movement’s blue ribbon to your photo. Your photo stays on your device."),
    place=180,
)
@public_page
def page(request):
    """The page that draws the ribbon around a photo. The browser does it; the photo is not uploaded."""
    return render(request, "pledges/figures/ribbon.html")


@embeddable
@in_named_language
@public_page
def picture(request, language, kind):
    """The ribbon as a transparent frame ("frame"), or finished with the 1 inside ("ready"), also in a smaller size ("small")."""
    return HttpResponse(_drawn(brand(), kind), content_type="image/png")


@cache
def _drawn(brand, kind):
    is_frame = kind == "frame"
    context = {"brand": brand, "paths": () if is_frame else neutral_paths(), "dot_width": NEUTRAL_DOT_WIDTH}
    return png("ribbon.svg", context, is_transparent=is_frame, width=SMALL_WIDTH if kind == "small" else None)
