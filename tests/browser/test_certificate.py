"""The pledge on paper: exactly one sheet of A4, on which nothing overlaps, in both languages and with the longest name."""

import re

import pytest

from pledges.crypto import links
from pledges.crypto.links import Purpose
from tests.factories import make_pledge

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST_NAME = "Përparime Xhelalëdinëllazarushë Gjeçovi Kryeziu Rrëshenllari Vangjeljaskochoi"
# What does not fit its place: [name, what it overlaps or leaves].
MISPLACED = """() => {
  const sheet = document.querySelector(".sheet-a4"), edge = sheet.getBoundingClientRect();
  // The box of the 1 is empty on its left: its stem and its arm are compared.
  const one = sheet.querySelector(".one").getBoundingClientRect(), unit = one.width / 300;
  const stem = new DOMRect(one.x + 148 * unit, one.y, 152 * unit, one.height);
  const arm = new DOMRect(one.x, one.y, 150 * unit, 246 * unit);
  const texts = [...sheet.querySelectorAll("p, h1, li")].filter((each) => !each.querySelector("p, li"));
  const boxes = texts.map((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    return [each.textContent.trim(), range.getBoundingClientRect()];
  });
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const found = [];
  boxes.forEach(([name, box], index) => {
    if (box.left < edge.left || box.right > edge.right || box.bottom > edge.bottom) found.push([name, "sheet"]);
    if (meet(box, arm) || (meet(box, stem) && !texts[index].matches(".signer"))) found.push([name, "1"]);
    boxes.slice(index + 1).forEach(([other, its]) => { if (meet(box, its)) found.push([name, other]); });
  });
  const name = sheet.querySelector(".signer b"), written = name.firstElementChild;
  if (written.scrollWidth > name.clientWidth + 1) found.push(["name", "line"]);
  return found;
}"""


def test_the_certificate_is_one_sheet_of_a4(visit):
    page = visit(viewport={"width": 794, "height": 1123}).page
    for language, name in (("sq", "Arta Hoxha"), ("sq", LONGEST_NAME), ("en", LONGEST_NAME)):
        page.goto(links.path(Purpose.CERTIFICATE, make_pledge(name, state="confirmed"), language))
        pdf = page.pdf(prefer_css_page_size=True, print_background=False)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, name
        sides = re.search(rb"/MediaBox \[([^\]]+)\]", pdf)[1].split()
        assert [round(float(side)) for side in sides] == [0, 0, 595, 842]
        page.emulate_media(media="print")
        assert page.evaluate(MISPLACED) == [], name
        page.emulate_media(media="null")


def test_a_button_prints_where_there_is_javascript(visit):
    path = links.path(Purpose.CERTIFICATE, make_pledge(state="confirmed"), "en")
    visitor = visit()
    visitor.page.add_init_script("window.print = () => { document.title = 'printed'; };")
    visitor.open(path)
    visitor.page.get_by_role("button", name="Print this page").click()
    assert visitor.page.title() == "printed"
    plain = visit(java_script_enabled=False)
    plain.open(path)
    assert plain.page.get_by_role("button", name="Print this page").count() == 0
    plain.page.get_by_text("Use your browser to print this page").wait_for()
