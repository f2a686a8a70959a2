"""Rich text in sections: everything that staff write is kept, in order, under headings that can be linked to."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign import richtext
from campaign.pages.inner_pages import sections, split


def shown(html):
    """[(title, anchor, HTML)] of the sections of a text as staff wrote it."""
    return [(section.title, section.anchor, section.html) for section in sections(richtext.clean(html))]


@pytest.mark.cases(
    ("html", "expected"),
    [
        ("", []),
        ("<p>a</p>", [("", "", "<p>a</p>")]),
        ("<h2>A</h2><p>b</p>", [("A", "a", "<p>b</p>")]),
        ("<p>a</p><h2>B</h2>", [("", "", "<p>a</p>"), ("B", "b", "")]),
        ("<h2>A</h2>\n<p>b<br>c</p>\n<h2>D</h2><p>e</p>", [("A", "a", "\n<p>b<br>c</p>\n"), ("D", "d", "<p>e</p>")]),
        # Anchors are slugs, each once, and none is an id of the page.
        ("<h2>Çfarë?</h2><h2>Çfarë</h2>", [("Çfarë?", "cfare", ""), ("Çfarë", "cfare-2", "")]),
        ("<h2>Content</h2><h2>…</h2><h2>?</h2>", [("Content", "content-2", ""), ("…", "part", ""), ("?", "part-2", "")]),
        (f"<h2>{'a' * 200}</h2>", [("a" * 200, "a" * 60, "")]),
        # A heading without text is dropped, its text is not.
        ("<h2>A</h2><p>b</p><h2> </h2><p>c</p>", [("A", "a", "<p>b</p><p>c</p>")]),
        ("<h2></h2><p>c</p>", [("", "", "<p>c</p>")]),
        # Headings within other elements do not split.
        ("<blockquote><h2>A</h2><p>b</p></blockquote>", [("", "", "<blockquote><h2>A</h2><p>b</p></blockquote>")]),
        ("<ul><li><h2>A</h2></li></ul><h2>B</h2>", [("", "", "<ul><li><h2>A</h2></li></ul>"), ("B", "b", "")]),
        # Entities stay escaped in HTML and are characters in titles.
        ("<h2>A &amp; B &lt;i&gt;</h2><p>&amp;lt; ë</p>", [("A & B <i>", "a-b-i", "<p>&amp;lt; ë</p>")]),
        ("<h2><strong>A</strong> <a href='tel:129'>129</a></h2>", [("A 129", "a-129", "")]),
        ("<h2>open <p>never closed", [("open never closed", "open-never-closed", "")]),
    ],
)  # fmt: skip
def test_a_text_is_split_at_its_headings(html, expected):
    assert shown(html) == expected


MARKUP = st.lists(
    st.sampled_from(
        "<h2> </h2> <h3> </h3> <p> </p> <ul><li> </li></ul> <blockquote> </blockquote> <br> <a_href='/x?a=1&b'> </a>".split()
    )
    | st.text("aë <>&\"'", max_size=5)
).map("".join)


@given(MARKUP)
def test_no_text_is_lost(html):
    html = richtext.clean(html.replace("_", " "))
    for tag in ("h2", "h3"):
        (_none, before), *parts = split(html, tag)
        assert before + "".join(f"<{tag}>{heading}</{tag}>{body}" for heading, body in parts) == html
    anchors = [section.anchor for section in sections(html) if section.title]
    assert len(set(anchors)) == len(anchors) and "" not in anchors


@pytest.mark.cases(
    ("html", "shape"),
    [
        ("<p>a</p>", "sentence"),
        ("<p>a</p><p>b</p>", "text"),
        ("<p>a</p><blockquote>b</blockquote>", "text"),
        ("<p>a</p><ol><li>b</li></ol>", "stages"),
        ("<h3>a</h3><ul><li>b</li></ul>", "columns"),
        ("", "text"),
    ],
)
def test_the_shape_of_a_section(html, shape):
    [section] = sections(f"<h2>A</h2>{html}")
    assert section.shape == shape


def test_subheadings_that_are_all_questions_are_questions():
    [section] = sections("<h2>A</h2><p>b</p><h3>Pse?</h3><p>c</p><h3>Si?</h3><p>d</p>")
    assert [part.title for part in section.questions] == ["Pse?", "Si?"] and len(section.parts) == 3
    for html in ("<h3>Pse?</h3><h3>Sepse</h3>", "<p>Pse?</p>"):
        [section] = sections(f"<h2>A?</h2>{html}")
        assert section.questions == []


@pytest.mark.cases("html", ["<h2>a</h2>" * 10_000, "<h2>a</h2>" + "<h3>b?</h3><p>c</p>" * 10_000, "&amp;" * 50_000])
def test_the_time_grows_with_the_length_of_the_text(html):
    before = time.process_time()
    for section in sections(html):
        assert section.parts or not section.html
    assert time.process_time() - before < 5
