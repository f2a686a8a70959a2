"""Strings of Django that our Albanian catalogue translates, where Django's own catalogue has none or a wrong one.

Nothing imports this module: makemessages finds the strings in it. A page of the admin that shows English words fails
tests/weare1/test_languages.py.
"""

from django.utils.translation import gettext_noop, ngettext, pgettext_lazy


def missing():
    """What people see of the strings that Django's Albanian catalogue lacks."""
    gettext_noop("- Select an option -")
    gettext_noop("Run")
    gettext_noop("Breadcrumbs")
    gettext_noop("Pagination %(name)s entries")
    gettext_noop("Pagination %(name)s")
    gettext_noop("Filter by %(field_name)s")
    gettext_noop("Logout")
    ngettext("…and %(count)d more object.", "…and %(count)d more objects.", 2)
    ngettext(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        2,
    )


def wrong():
    """Strings that Django's Albanian catalogue translates wrongly, with the reason."""
    # Months and days are written in lower case (CLDR 46). Django capitalises them.
    gettext_noop("January")
    gettext_noop("February")
    gettext_noop("March")
    gettext_noop("April")
    gettext_noop("May")
    gettext_noop("June")
    gettext_noop("July")
    gettext_noop("August")
    gettext_noop("September")
    gettext_noop("October")
    gettext_noop("November")
    gettext_noop("December")
    pgettext_lazy("alt. month", "January")
    pgettext_lazy("alt. month", "February")
    pgettext_lazy("alt. month", "March")
    pgettext_lazy("alt. month", "April")
    pgettext_lazy("alt. month", "May")
    pgettext_lazy("alt. month", "June")
    pgettext_lazy("alt. month", "July")
    pgettext_lazy("alt. month", "August")
    pgettext_lazy("alt. month", "September")
    pgettext_lazy("alt. month", "October")
    pgettext_lazy("alt. month", "November")
    pgettext_lazy("alt. month", "December")
    gettext_noop("Monday")
    gettext_noop("Tuesday")
    gettext_noop("Wednesday")
    gettext_noop("Thursday")
    gettext_noop("Friday")
    gettext_noop("Saturday")
    gettext_noop("Sunday")

    # Another meaning. "dhe " has a superfluous space; "Ndryshoni historikun" tells to change the history; "S’mund të fshijë"
    # says that a person cannot delete; "Shfaq/fshih renditjen" shows and hides the sorting; "lëvizje" is movement; "u shtua më"
    # expects a date; "nga" introduces an agent; "lënda bazë" is raw material; "Krejt" means entirely; "Kohë" is a duration.
    gettext_noop("and")
    gettext_noop("Change history: %s")
    gettext_noop("Cannot delete %(name)s")
    gettext_noop("Toggle sorting")
    gettext_noop("Toggle navigation")
    gettext_noop("Filter navigation items")
    gettext_noop("Add link")
    gettext_noop("Change or view list link")
    gettext_noop("Added:")
    gettext_noop("Changed:")
    gettext_noop("Deleted:")
    gettext_noop(" By %(filter_title)s ")
    gettext_noop("Skip to main content")
    gettext_noop("All")
    gettext_noop("All dates")
    gettext_noop("Time:")

    # A verb in the singular with a pronoun ("Ndryshoje", "Spastroji"), beside others in the plural ("Shtoni", "Shiheni").
    gettext_noop("Change")
    gettext_noop("View")
    gettext_noop("Clear all filters")
    gettext_noop("Hide counts")
    gettext_noop("Show counts")
    gettext_noop("Remove from sorting")

    # Other terms than the rest of the admin: "përzgjedh" beside "zgjedh", also of our JavaScript catalogue, which replaces the
    # count of selected rows; "sajt" beside "faqe". "Objekte" is masculine there, but takes feminine forms in the plural.
    gettext_noop("0 of %(cnt)s selected")
    ngettext("%(total_count)s selected", "All %(total_count)s selected", 2)
    gettext_noop("Select all %(total_count)s %(module_name)s")
    gettext_noop("Select this object for an action - {}")
    gettext_noop("Select all objects on this page for an action")
    gettext_noop("Items must be selected in order to perform actions on them. No items have been changed.")
    gettext_noop(
        "Are you sure you want to delete the %(object_name)s “%(escaped_object)s”? All of the following "
        "related items will be deleted:"
    )
    gettext_noop("View on site")

    # Another register and other quotation marks: "sajt", "objekt", "jepni", "s’mund", "ripohim", "anështyllë", “…”.
    gettext_noop("The {name} “{obj}” was added successfully.")
    gettext_noop("The {name} “{obj}” was changed successfully.")
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below.")
    gettext_noop("The %(name)s “%(obj)s” was deleted successfully.")
    gettext_noop("Successfully deleted %(count)d %(items)s.")
    ngettext("%(count)s %(name)s was changed successfully.", "%(count)s %(name)s were changed successfully.", 2)
    gettext_noop("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?")
    gettext_noop("You may edit it again below.")
    gettext_noop("No action selected.")
    gettext_noop("Sorting priority: %(priority_number)s")
    gettext_noop("Toggle theme (current theme: auto)")
    gettext_noop("Toggle theme (current theme: light)")
    gettext_noop("Toggle theme (current theme: dark)")
    gettext_noop("Recent actions")
    gettext_noop("None available")
    gettext_noop("Sidebar")
    gettext_noop("Start typing to filter…")
    gettext_noop("This object doesn’t have a change history. It probably wasn’t added via this admin site.")
    gettext_noop("Your password can’t be too similar to your other personal information.")
    gettext_noop("Your password can’t be a commonly used password.")
    gettext_noop("Your password can’t be entirely numeric.")
    gettext_noop("This password is too common.")
    gettext_noop("This password is entirely numeric.")
    gettext_noop("The two password fields didn’t match.")
    gettext_noop("New password confirmation")
    gettext_noop("Enter the same password as before, for verification.")
    gettext_noop("Enter a valid email address.")
    gettext_noop("Enter a valid URL.")
    gettext_noop("Enter a valid date.")
    gettext_noop("Enter a valid time.")
    gettext_noop("Enter a number.")
    gettext_noop("Enter a whole number.")
    gettext_noop("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.")

    # The name of a model, which is in the nominative, stands where the sentence needs an accusative ("Përzgjidhni shënim i
    # regjistrit"), a genitive or an article that agrees.
    gettext_noop("Add %s")
    gettext_noop("Change %s")
    gettext_noop("View %s")
    gettext_noop("Select %s")
    gettext_noop("Select %s to change")
    gettext_noop("Select %s to view")
    gettext_noop("Add another %(verbose_name)s")
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below.")
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below.")
    gettext_noop("Delete selected %(verbose_name_plural)s")
    gettext_noop("%(app)s administration")
    gettext_noop(
        "Deleting the %(object_name)s “%(escaped_object)s” would result in deleting related objects, but your"
        " account doesn't have permission to delete the following types of objects:"
    )
    gettext_noop(
        "Deleting the %(object_name)s “%(escaped_object)s” would require deleting the following protected related objects:"
    )
    gettext_noop(
        "Deleting the selected %(objects_name)s would result in deleting related objects, but your account "
        "doesn't have permission to delete the following types of objects:"
    )
    gettext_noop(
        "Deleting the selected %(objects_name)s would require deleting the following protected related objects:"
    )
    gettext_noop(
        "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and "
        "their related items will be deleted:"
    )
    gettext_noop("The password is too similar to the %(verbose_name)s.")


def quoted():
    """Buttons that the staff guide (docs/editing.sq.md) and its pictures quote in our wording."""
    gettext_noop("Add %(name)s")
    gettext_noop("Delete")
    gettext_noop("Save and continue editing")
