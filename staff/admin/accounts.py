"""Accounts of staff: invitations, roles, rescue, deactivation. Each needs the second factor once more and is in the audit log."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from staff.accounts.models import Account
from staff.admin import reauthentication
from staff.admin.base import ModelAdmin, NamedForm
from staff.admin.confirmation_page import asks_first
from staff.audit.models import Entry
from staff.roles import ROLE_DESCRIPTIONS, Role

LIST_AND_FORM = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class AccountForm(NamedForm):
    """Name, address and role of an account. The audit log names the changed fields, never their values."""

    first_name = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=AdminTextInputWidget,
        help_text=_("As colleagues know this person. Example: Zana Hoxha"),
    )
    # The address is also the username, which Django limits to 150 characters.
    email = forms.EmailField(
        label=_("Sign-in email address"),
        max_length=150,
        widget=AdminEmailInputWidget,
        help_text=_(
            "This person signs in with it, and we email the link to it, for example name@example.org. Use an "
            "address that only this person reads."
        ),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        widget=forms.RadioSelect,
        help_text=_("What this person can do. Give only the rights the work needs. You can change this at any time."),
    )

    merged = ("first_name", "email", "role")

    class Meta:
        model = Account
        fields = ["first_name", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].choices = [(role.value, f"{role.label}: {ROLE_DESCRIPTIONS[role]}") for role in Role]
            self.initial.setdefault("role", getattr(self.instance, "role_key", None))

    def clean(self):
        if error := reauthentication.factor_error(self.request):
            raise ValidationError(error)
        return super().clean()

    def clean_email(self):
        address = self.cleaned_data["email"]
        other = Account.objects.with_email(address)
        if other and other.pk != self.instance.pk:
            raise ValidationError(_("%(name)s already has this address.") % {"name": other}, code="taken")
        return address

    def clean_role(self):
        role = self.cleaned_data["role"]
        if self.instance.pk and role != Role.ADMINISTRATOR:
            self.instance.check_another_administrator()
        return role


class InvitationForm(AccountForm):
    """A new account, with the language of its invitation."""

    language = forms.ChoiceField(
        label=_("Language of the message"),
        choices=settings.LANGUAGES,
        help_text=_("The language we use to email this person. On the site they choose for themselves."),
    )


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """List, invitation and change of accounts. They are deactivated, not deleted, because audit entries refer to them."""

    form = AccountForm
    search_fields = ["first_name__unaccent__icontains", "email"]
    list_display = ["name", "email", "role", "status", "last_login"]
    list_display_links = ["name"]
    list_note = _(
        "The people who work on this site. New people are invited by email and choose for themselves how to sign "
        "in. Accounts are switched off, not deleted, so that the record still shows who did what."
    )
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = ["status", "last_login"]
    actions = ["send_link", "deactivate", "activate", "rescue"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = InvitationForm
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ["first_name", "email", "role", "language"]})]
        return [
            (None, {"fields": ["first_name", "email", "role"]}),
            (_("How this person signs in"), {"fields": ["status", "last_login"]}),
        ]

    def has_delete_permission(self, request, obj=None):
        return False

    def response_action(self, request, queryset, **kwargs):
        # Of the list and of the page of one account.
        asked = reauthentication.ask_for_factor(request, request.get_full_path())
        return asked or super().response_action(request, queryset, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST" and (response := reauthentication.ask_for_factor(request, request.get_full_path())):
            return response
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # The address was taken concurrently, after validation. Validating once more reports it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        role = form.cleaned_data["role"]
        if not change:
            obj.save_and_invite(role, form.cleaned_data["language"], request.user)
            return
        changed = [name for name in form.changed_data if name in ("first_name", "email")]
        if changed:
            if "email" in changed:
                obj.username = obj.email.lower()
                # Their links are in the mail of the old address.
                obj.invitations.all().end()
            obj.save(update_fields=[*changed, "username"])
            Entry.log(request.user, Entry.Action.ACCOUNT, done="changed", account=obj.pk, fields=changed)
        if "role" in form.changed_data:
            obj.change_role(role, request.user)

    def log_action(self, request, row, action, version=None, **details):
        # The title would be the name of a colleague. What is done with accounts is logged by id where it is done.
        return None

    def history_url(self, row):
        return reverse("admin:staff_entry_changelist", query={"user": row})

    def response_add(self, request, obj, post_url_continue=None):
        self.message_user(
            request,
            _("%(name)s has been invited: a message with a link is on its way. The link works for seven days.")
            % {"name": obj},
            messages.SUCCESS,
        )
        return redirect("admin:staff_account_changelist")

    @admin.display(description=_("name"), ordering="first_name")
    def name(self, account):
        return str(account)

    @admin.display(description=_("role"), ordering="role_key")
    def role(self, account):
        return Role(account.role_key).label if account.role_key else self.get_empty_value_display()

    @admin.display(description=_("state"))
    def status(self, account):
        if not account.is_active:
            return _("switched off")
        if account.has_factor:
            return _("set up; a new link has been sent") if account.is_invited else _("set up")
        return _("invitation sent") if account.is_invited else _("not set up")

    def _apply_to_each(self, request, accounts, action):
        """Apply an action to all of these accounts or, on ValidationError, to none."""
        try:
            with transaction.atomic():
                for account in accounts:
                    action(account)
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.ERROR)
        else:
            count = len(accounts)
            said = ngettext("Done for %(count)d account.", "Done for %(count)d accounts.", count) % {"count": count}
            self.message_user(request, said, messages.SUCCESS)

    @admin.action(description=_("Send a new link"), permissions=["change"], location=LIST_AND_FORM)
    @asks_first(
        _("Each of these people is emailed a new link to sign in. A link that was sent before no longer works.")
    )
    def send_link(self, request, queryset):
        accounts = queryset.filter(is_active=True)
        self._apply_to_each(request, accounts, lambda each: each.send_link(each.mail_language, request.user))

    @admin.action(description=_("Switch the account off"), permissions=["change"], location=LIST_AND_FORM)
    @asks_first(_("These people are signed out and cannot sign in until you switch the account on again."))
    def deactivate(self, request, queryset):
        accounts = queryset.filter(is_active=True)
        self._apply_to_each(request, accounts, lambda account: account.deactivate(request.user))

    @admin.action(description=_("Switch the account on again"), permissions=["change"], location=LIST_AND_FORM)
    @asks_first(_("These people can sign in again with the password and the second step that they had."))
    def activate(self, request, queryset):
        accounts = queryset.filter(is_active=False)
        self._apply_to_each(request, accounts, lambda account: account.activate(request.user))

    @admin.action(
        description=_("Locked out: reset password and second step, send a new link"),
        permissions=["change"],
        location=LIST_AND_FORM,
    )
    @asks_first(
        _("The password and the second step of each of these people are removed, and they are signed out."),
        _("Each of them is emailed a new link to set up both."),
    )
    def rescue(self, request, queryset):
        accounts = queryset.filter(is_active=True).exclude(pk=request.user.pk)
        self._apply_to_each(request, accounts, lambda each: each.rescue(each.mail_language, request.user))
