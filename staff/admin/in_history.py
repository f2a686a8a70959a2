"""What an admin class tells the history about its rows."""

# What the history can be filtered by (staff/admin/history_list.py).
TEXTS, PLEDGES, SETTINGS = "texts", "pledges", "settings"


class InHistory:
    """Mixin for ModelAdmin. `history_kind` is what a change of a row is filtered by.

    Where the audit log says more about a change than Django's log, `audited_as` are the keys, and values of `page`, by which its
    details name these rows. With `is_logged_too` the history shows what Django's log says of them as well.
    """

    history_kind = TEXTS
    audited_as = ()
    is_logged_too = False

    def title_of(self, row):
        """What the history and the search of the header call a row."""
        return str(row)

    def rows_in_history(self, request):
        """The rows that the history names and links to."""
        return self.model._default_manager.all()

    def words_in_history(self, entry, name):
        """What an entry of the audit log about these rows says, in place of "changed …" with all its details; "" for that.

        `name` is that of the row, if the entry is about one.
        """
        return ""

    def links_in_history(self, request, entry, row):
        """[(label, URL)] of what can be done about an entry of the audit log, in place of “Open”; [] for that.

        `row` is None if the entry is about several rows, or its row is gone.
        """
        return []
