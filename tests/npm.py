"""Checking tools that npm installs into var/npm, each in one version that is named here."""

import json
import shutil
import subprocess
import sys

from dev import ROOT, DevError

VERSIONS = {"lighthouse": "12.8.2", "vnu-jar": "26.9.27"}


def install(package):
    """Install a package of VERSIONS unless it is there; returns its folder. Raises DevError without npm or if it fails."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise DevError("Node.js with npm is missing: install version 20 or newer (on Debian: apt install nodejs npm).")
    folder = ROOT / "var" / "npm" / package
    if not _is_installed(folder, package):
        options = ("--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        command = ["npm", "install", "--prefix", folder, f"{package}@{VERSIONS[package]}", *options]
        if subprocess.run(command, stdout=sys.stderr).returncode:
            raise DevError(f"{package} could not be installed: see above.")
    return folder / "node_modules" / package


def _is_installed(folder, package):
    """Whether npm has installed the version completely: it writes this file last."""
    lock_file = folder / "node_modules" / ".package-lock.json"
    if not lock_file.exists():
        return False
    return json.loads(lock_file.read_text())["packages"][f"node_modules/{package}"]["version"] == VERSIONS[package]
