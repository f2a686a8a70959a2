"""The page that comes next, and the keys of pages and help channels to which others link."""

from pledges.fixed_pages import fixed_pages

# Keys of the pages to which others link.
CHILD = "child"
AFTER_REPORT = "after_report"
# The channels at the top of the page for children.
CHILD_CALL, CHILD_CHAT = "alo-116111", "alo-chat"


def way_on(content, name="", label=""):
    """{"url", "label"} of the page that comes next, by its key or URL name: the pledge, if it is not there.

    Without a label the title of the page is shown.
    """
    following = fixed_pages().get(name) or content.page_by_key.get(name)
    if following is None:
        following, label = fixed_pages()["pledges:sign"], ""
    return {"url": following.get_absolute_url(), "label": label or following.title}
