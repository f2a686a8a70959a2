"""Groups and counties as their pages show them: the size of the name."""

from pledges.totals.parts import Hero


def test_a_long_name_is_smaller():
    names = ["prindër", "të rinj", "Elbasani", "Gjirokastra", "zyrtarë publikë"]
    assert [Hero(name, "s1", 0, "").size for name in names] == ["", "", "long", "longer", "longer"]
