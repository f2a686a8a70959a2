"""The table of faults in docs/operating.md: each line has its drills, each drill has its line."""

import ast
import re
from pathlib import Path

from django.conf import settings

FOLDER = Path(__file__).parent
TABLE = re.compile(r"^## Faults$.*?(?=^## )", re.MULTILINE | re.DOTALL)
ALARM = re.compile(r"`([a-z][\w: -]*)`")


def drills():
    """{name of a drill: its source with that of the functions of its file that are no tests}."""
    found = {}
    for file in FOLDER.glob("test_*.py"):
        source = file.read_text()
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        shared = [ast.get_source_segment(source, node) for node in functions if not node.name.startswith("test_")]
        for node in functions:
            if node.name.startswith("test_") and file != Path(__file__):
                name = f"tests/faults/{file.name}::{node.name}"
                found[name] = "\n".join([ast.get_source_segment(source, node), *shared])
    return found


def lines():
    """[(fault, what visitors see, alarm, what to do, drills)] of the table."""
    text = TABLE.search((settings.BASE_DIR / "docs/operating.md").read_text())[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    assert {len(row) for row in rows} == {5}
    return rows[2:]


def test_each_line_has_its_drills_and_each_drill_has_its_line():
    named = [name for line in lines() for name in re.findall(r"`(tests/[^`]+)`", line[4])]
    assert len(lines()) >= 15
    assert sorted(named) == sorted(drills())
    assert all("`tests/" in line[4] for line in lines())


def test_each_drill_waits_for_the_alarm_of_its_line():
    sources = drills()
    for _fault, _seen, alarm, _advice, tests in lines():
        for name in re.findall(r"`(tests/[^`]+)`", tests):
            for check in ALARM.findall(alarm):
                assert f'"{check}"' in sources[name], (name, check)
