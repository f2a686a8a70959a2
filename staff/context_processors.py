"""Template context of the sign-in pages."""

from django.contrib import admin
from django.urls import reverse


def admin_around_accounts(request):
    """The context of admin pages for the sign-in pages, which extend the admin's templates but are views of allauth."""
    # A request that was refused before the authentication, as for an invalid host, has no user and gets an error page.
    if request.path_info.startswith(reverse("mfa_index")) and hasattr(request, "user"):
        return admin.site.each_context(request)
    return {}
