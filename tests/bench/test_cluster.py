"""bin/bench cluster: several machines lose parts while people sign and confirm."""

import re

import pytest

from bench import cluster
from bench.programs import require_programs
from dev.errors import DevError


@pytest.mark.drill(only=True)
def test_what_is_acknowledged_survives_the_loss_of_any_part(capsys):
    try:
        require_programs()
    except DevError as error:
        pytest.fail(str(error))
    cluster.cluster(None)
    printed = capsys.readouterr().out
    with capsys.disabled():
        print(f"\n{printed}")
    lines = re.findall(r"^(.+?) +(\d+\.\d) s  (.*)$", printed, re.MULTILINE)
    assert len(lines) == len(cluster.EVENTS), printed
    # Readers notice none of it.
    assert all(notes.startswith("all pages served") for _name, _seconds, notes in lines), printed
    assert printed.endswith("Everything acknowledged is a row, counted and told.\n")
