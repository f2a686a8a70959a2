"""No line ends within "116 111", "20 November", "18–19", "ALO-s", "email-in", "nr. 18" or "E besoj.". Pages: test_pages.py."""

import re

import pytest

from campaign.templatetags.campaign_tags import NO_BREAK_SPACE, WORD_JOINER, unbroken

# Tags, elements whose text is not in lines, and single words.
NOT_IN_LINES = r"<(script|style|svg|select|textarea)\b.*?</\1>|<[^>]*>|(?<=>)[^\s<]+(?=<)"
DATE = r"\b\d+ (?:nëntor|korrik|qershor|November|July|June)\w*"
BREAKABLE = rf"{DATE}|\b\d{{3}} \d{{3}}\b|\b(?:ALO|email|chat|e)-\w+|\d–\d|\bn[ro]\. \d|(?-i:\b[EI] \w+[.!?])"


def breakable(html):
    body = html[html.index("<body") :]
    return re.findall(BREAKABLE, re.sub(NOT_IN_LINES, "|", body, flags=re.DOTALL), re.IGNORECASE)


@pytest.mark.cases(
    ("html", "kept"),
    [
        ("Telefononi në 116 111.", ["116 111"]),
        ('<a href="tel:116111" title="116 111">116 111</a>', ["116 111"]),
        ('<a href="tel:+35542223344" rel="x">+355 4 222 33 44</a>, +355 4 222', ["355 4", "222 33"]),
        ('<a href="tel:129">129 për ndihmë</a>', []),
        ("ALO-s, email-in, Chat-i, e-mail", ["ALO-s", "email-in", "Chat-i", "e-mail"]),
        ("18–19 nëntor, 2019–2020, 18 – 19, a–b", ["18–19", "2019–2020"]),
        ("20 nëntor 2026, 23 korriku, 3 May", ["20 nëntor", "23 korriku", "3 May"]),
        ("20 veta, 5 majtas, 19 marches", []),
        ("E dëgjoj. E besoj. I believe. E di këtë. Të dëgjoj.", ["E dëgjoj", "E besoj", "I believe"]),
        ("Ligji nr. 37/2017, Law no. 37/2017, nr. i protokollit", ["nr. 37", "no. 37"]),
        ("„Ne jemi 1”, “We are 1”, We are 1,000", ["Ne jemi", "We are"]),
        ("12 345 678, non-governmental, early-years, a-b-c, -s, AL-10", []),
        ("ana-i@shembull.al, https://shembull.al/a-i/, kush-i.al, ana.ko-i@shembull.al", []),
        ("<label>Email-i</label> <label>Email-i juaj</label>", ["Email-i"]),
        ("<textarea>116 111</textarea><svg><text>116 111</text></svg><input value='e-mail'>", []),
        ("<script>var e = '116 111';</script><select><option>116 111</option></select>", []),
    ],
)
def test_what_keeps_together(html, kept):
    marked = unbroken(html)
    words = re.findall(rf"[\w.]+(?:{NO_BREAK_SPACE}|[-–]{WORD_JOINER})\w+", marked)
    read = [word.replace(NO_BREAK_SPACE, " ").replace(WORD_JOINER, "") for word in words]
    assert read == kept
    assert marked.replace(NO_BREAK_SPACE, " ").replace(WORD_JOINER, "") == html
