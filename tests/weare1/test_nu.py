"""The Nu HTML checker finds nothing on any page: those of the sitemap, of supporters, of forms, and errors."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.template.loader import render_to_string

from tests import nginx, npm
from tests.drill import require_program
from tests.pages import LANGUAGES, personal_visits, public_paths


def pages(client):
    """Yield (name, HTML) of every page."""
    sitemap = client.get("/sitemap.xml").text
    listed = [urlsplit(address).path for address in re.findall(r"<loc>([^<]+)</loc>", sitemap)]
    fixed = [path for _name, _language, path in public_paths()]
    counters = [f"/counter/{language}/{theme}/" for language in LANGUAGES for theme in ("light", "dark")]
    for path in sorted({*listed, *fixed, *counters, "/sq/kerkoni/?q=lojë", "/en/search/?q=child"}):
        yield path, client.get(path).text
    for language in LANGUAGES:
        for name, response in personal_visits(client, language):
            yield f"{name} ({language})", response.text
    for name in nginx.error_pages():
        yield name, render_to_string(name)


@pytest.mark.drill(only=True)
@pytest.mark.django_db
def test_nu_finds_no_error_and_no_warning(client, tmp_path):
    java = require_program("java", "apt-get install default-jre-headless")
    checker = npm.install("vnu-jar") / "build" / "dist" / "vnu.jar"
    names = {}
    for number, (name, html) in enumerate(pages(client)):
        if html:  # not a redirect
            names[f"{number}.html"] = name
            Path(tmp_path, f"{number}.html").write_text(html)
    command = [java, "-jar", checker, "--format", "json", "--exit-zero-always", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {}
    for message in json.loads(done.stderr)["messages"]:
        page = names[message["url"].rpartition("/")[2]]
        found.setdefault(message["message"], []).append((page, message.get("lastLine"), message.get("extract")))
    assert len(names) > 150
    assert not found, "\n".join(f"{message} {len(where)} times: {where[:3]}" for message, where in found.items())
