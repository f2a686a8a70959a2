"""Which test files the present changes can reach, for `bin/test --changed`."""

import ast
import subprocess
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ["staff", "pledges", "campaign", "weare1"]
# What any change may break: languages, layers, fixed names, pages.
ALWAYS = [
    *("tests/weare1/test_languages.py", "tests/weare1/test_layers.py", "tests/weare1/test_structure.py"),
    "tests/campaign/pages/test_pages.py",
]


def reached():
    """The changed test files, those that mirror, name or import a changed file, and ALWAYS; paths from the root."""
    changed = _changed()
    # A template, a catalogue or an SQL file is reached through the modules that name it.
    others = [file for file in changed if file.suffix != ".py"]
    modules = {file for app in APPS for file in ROOT.glob(f"{app}/**/*.py")}
    named = {file for file in modules if any(other.name in file.read_text() for other in others)}
    python = {ROOT / file for file in changed if file.suffix == ".py"} | named
    names = {name for file in python if file.exists() for name in _names(file)}
    mirrors = {folder for file in [*changed, *(file.relative_to(ROOT) for file in named)] for folder in _mirror(file)}
    found = {ROOT / file for file in ALWAYS}
    for test in ROOT.glob("tests/**/test_*.py"):
        text = test.read_text()
        is_named = any(other.name in text for other in others)
        if is_named or test in python or test.parent in mirrors or names & _imported(ast.parse(text)):
            found.add(test)
    return sorted(str(test.relative_to(ROOT)) for test in found)


def _changed():
    """The files that differ from the last commit or are new; those of the last commit where there are none."""
    return (
        _git("diff", "--name-only", "HEAD") + _git("ls-files", "--others", "--exclude-standard")
        or _git("diff", "--name-only", "HEAD~1", "HEAD")
    )  # fmt: skip


def _git(*command):
    result = subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True)
    return [Path(line) for line in result.stdout.splitlines()]


def _mirror(file):
    """The folder of the tests of a concept, for a file of its folder in an app or in templates/."""
    app, concept, *rest = [part for part in file.parts if part != "templates"] + [""] * 2
    return [ROOT / "tests" / app / concept] if app in APPS and any(rest) else []


def _names(file):
    """The dotted names by which a test can import a module or what it defines, also through its package."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    package = ".".join(parts[:-1])
    defined = {
        node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    return {f"{package}.{name}" for name in {parts[-1], *defined}} | {f"{'.'.join(parts)}.{name}" for name in defined}


def _imported(tree):
    """The dotted names that a module imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
