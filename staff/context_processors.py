from django.contrib import admin
from django.urls import reverse


def admin_around_accounts(request):
    """The pages for signing in are drawn as pages of the admin, by views that know nothing of it."""
    if request.path_info.startswith(reverse("mfa_index")):
        return admin.site.each_context(request)
    return {}
