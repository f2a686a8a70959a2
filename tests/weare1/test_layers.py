"""The layers (README.md): which module may import which, no import cycles."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# From the ground up: an app may import the apps before it.
LAYERS = ["staff", "pledges", "campaign", "weare1"]
# Programs of their own.
PROGRAMS = "operations"
# Development only; production imports none of it.
TOOLS = ["dev", "bench", "tests"]


def files(*folders):
    """The Python files of top-level folders, without migrations, which Django writes."""
    found = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in found if "migrations" not in file.parts]


def module(file):
    """The dotted name of a file: pledges/models/__init__.py is "pledges.models"."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports():
    """{module: {(line, imported name)}} of production code and tools, also of imports inside functions."""
    found = {}
    for file in files(*LAYERS, PROGRAMS, "dev", "bench"):
        names = found[module(file)] = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {(node.lineno, alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}:{node.lineno}: import by the full name"
                names |= {(node.lineno, f"{node.module}.{alias.name}") for alias in node.names}
    assert len(found) > 150
    return found


def is_in(name, package):
    return name == package or name.startswith(f"{package}.")


def imports_of(app, *wanted):
    """["module:line imports name"] for each import that a package makes from the wanted packages."""
    return [
        f"{importer}:{line} imports {name}"
        for importer, names in imports().items()
        if is_in(importer, app)
        for line, name in sorted(names)
        if any(is_in(name, package) for package in wanted)
    ]


@pytest.mark.parametrize("app", [*LAYERS, PROGRAMS])
def test_an_app_imports_only_the_layers_below_it(app):
    """And no development tool. The apps and the programs do not import each other."""
    others = [*LAYERS[LAYERS.index(app) + 1 :], PROGRAMS] if app in LAYERS else LAYERS
    assert imports_of(app, *others, *TOOLS) == []


@pytest.mark.parametrize("package", ["pledges.crypto", "pledges.mail.content", "pledges.mail.sending"])
def test_cryptography_and_mail_content_import_no_model_of_people(package):
    models = [f"{app}.models" for app in ("pledges", "staff", "campaign")]
    assert imports_of(package, *models, "pledges.supporters") == []


def cycle(graph):
    """The names of a circle in {name: names}, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_through_others():
    known = imports()

    def target(name):
        """The module behind an imported name: "pledges.models.Pledge" is pledges.models."""
        while name and name not in known:
            name = name.rpartition(".")[0]
        return name

    graph = {
        importer: {target(name) for _line, name in names if target(name)} - {importer}
        for importer, names in known.items()
    }
    assert cycle(graph) == []


@pytest.mark.parametrize("app", ["staff", "pledges", "campaign"])
def test_the_folders_of_an_app_form_layers(app):
    """No folder imports another one that imports it, directly or through others. A module beside the folders counts as one."""
    # Where Django looks for the models, the admin, the addresses and the configuration of the whole app.
    wiring = {f"{app}.{name}" for name in ("models", "admin", "urls", "apps", "management", "templatetags")} - {
        "staff.admin"
    }

    def folder(name):
        return ".".join(name.split(".")[:2]) if is_in(name, app) and name != app else None

    graph = {}
    for importer, names in imports().items():
        if folder(importer) and folder(importer) not in wiring:
            found = {folder(name) for _line, name in names} - {None, folder(importer)}
            assert not found & wiring, f"{importer} imports {found & wiring}: import from the folder"
            graph.setdefault(folder(importer), set()).update(found)
    assert len(graph) > 8 and cycle(graph) == []


# Modules that open connections to addresses. Production sends mail (smtplib is imported for its exceptions). One module visits
# addresses that staff typed: public ones only, which tests/campaign/links/test_public_web.py attacks.
FETCHING = [
    *("urllib.request", "http.client", "socket", "ssl", "ftplib", "telnetlib", "asyncio", "xmlrpc"),
    *("requests", "urllib3", "httpx", "httpcore", "aiohttp", "pycurl", "playwright"),
]


# The first one visits what the content links to. The next two read the certificate of SITE_URL and its /readyz, which only the
# operator sets; the last one ends connections.
NO_FETCHERS = (
    "campaign.links.public_web:",
    "pledges.health.probes:",
    "pledges.health.alarm:",
    "weare1.wsgi:",
)


@pytest.mark.parametrize("app", LAYERS)
def test_production_fetches_no_address_but_through_the_public_web(app):
    assert [each for each in imports_of(app, *FETCHING) if not each.startswith(NO_FETCHERS)] == []


def is_private(name):
    """Whether an imported name is private API: "allauth.mfa.internal.flows", "django.forms.models._get_foreign_key"."""
    return any(part == "internal" or (part.startswith("_") and part != "__future__") for part in name.split("."))


def test_no_module_imports_private_names_of_a_dependency():
    found = [
        f"{importer}:{line} imports {name}"
        for importer, names in imports().items()
        for line, name in sorted(names)
        if name.partition(".")[0] not in (*LAYERS, *TOOLS) and is_private(name)
    ]
    assert found == []
    assert is_private("allauth.mfa.totp.internal.auth.TOTP") and is_private("django.forms.models._get_foreign_key")
    assert not is_private("allauth.mfa.models.Authenticator")


def test_no_string_of_pledges_names_the_campaign():
    """A string can be an import too: `apps.get_model("campaign.…")`, `render(…, "campaign/…")`."""
    for file in files("pledges"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("campaign.", "campaign/")), f"{file.name}:{node.lineno}"
