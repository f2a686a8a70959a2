"""Firefox without a window, driven by its own protocol (Marionette), which needs no other program and no library."""

import contextlib
import json
import os
import socket
import subprocess
import time

from tests.browser.axe import SCRIPT

# Firefox asks nothing of other hosts, shows no page of its own, and takes a free port, which it writes into its profile.
PREFERENCES = {
    "marionette.port": 0,
    "app.update.disabledForTesting": True,
    "browser.startup.page": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
}
START_SECONDS = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# The window cannot be as narrow as a phone, the page in it can.
SET_WIDTH = """
const { style } = gBrowser.selectedBrowser;
style.flex = "none";
style.width = style.minWidth = style.maxWidth = arguments[0] + "px";
"""
# Keys of WebDriver.
TAB, ENTER = "\ue004", "\ue007"
AXE = (
    f"{SCRIPT}; const done = arguments[arguments.length - 1];"
    "axe.run(document, {resultTypes: ['violations'], preload: false}).then(found => done(found.violations.map(each => each.id)));"
)
MESSAGES = """
return Services.console.getMessageArray()
    .filter(each => each instanceof Ci.nsIScriptError && each.sourceName.startsWith(arguments[0]))
    .map(each => each.toString());
"""


class Failed(Exception):
    """Firefox refused a command."""


class Firefox:
    """A running Firefox. Elements are named by CSS selectors, which find the first one."""

    def __init__(self, connection):
        self._connection, self._file, self._number = connection, connection.makefile("rb"), 0
        self._read()
        self.send("WebDriver:NewSession", pageLoadStrategy="normal")

    def _read(self):
        """The next message: its length in bytes, a colon, JSON."""
        length = b""
        while (digit := self._file.read(1)) != b":":
            length += digit
        return json.loads(self._file.read(int(length)))

    def send(self, command, **parameters):
        """The result of a command of the protocol."""
        self._number += 1
        data = json.dumps([0, self._number, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(data), data))
        _kind, _number, error, result = self._read()
        if error:
            raise Failed(f"{command}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def run(self, script, *arguments):
        """The value of a script with the rights of Firefox itself."""
        self.send("Marionette:SetContext", value="chrome")
        try:
            return self.send("WebDriver:ExecuteScript", script=script, args=arguments)
        finally:
            self.send("Marionette:SetContext", value="content")

    def set_width(self, pixels):
        """Make the page this wide."""
        self.run(SET_WIDTH, pixels)

    def open(self, url):
        """Load a page."""
        self.send("WebDriver:Navigate", url=url)

    def _of(self, selector, command, **parameters):
        found = self.send("WebDriver:FindElement", using="css selector", value=selector)
        return self.send(command, id=found[ELEMENT], **parameters)

    def press(self, selector):
        """Click, and wait for the page that this leads to."""
        self._of(selector, "WebDriver:ElementClick")

    def type(self, selector, text):
        """Replace the text of a field."""
        self._of(selector, "WebDriver:ElementClear")
        self._of(selector, "WebDriver:ElementSendKeys", text=text)

    def key(self, key):
        """Press a key of WebDriver's table, such as TAB, in the element that has the focus."""
        found = self.send("WebDriver:GetActiveElement")
        self.send("WebDriver:ElementSendKeys", id=found[ELEMENT], text=key)

    def faults(self):
        """What axe-core finds wrong on the page: the names of its rules."""
        return self.send("WebDriver:ExecuteAsyncScript", script=AXE, args=[])

    def text(self, selector):
        """The text that is displayed."""
        return self._of(selector, "WebDriver:GetElementText")

    def value(self, selector, name="value"):
        """A property of the element."""
        return self._of(selector, "WebDriver:GetElementProperty", name=name)

    def size(self, selector):
        """(width, height) in CSS pixels."""
        box = self._of(selector, "WebDriver:GetElementRect")
        return box["width"], box["height"]

    @property
    def url(self):
        """The address of the page."""
        return self.send("WebDriver:GetCurrentURL")

    @property
    def title(self):
        """The title of the page."""
        return self.send("WebDriver:GetTitle")

    def complaints(self, url):
        """What the console has on pages and files of this site: errors of scripts, and what the policy of a page refused."""
        return self.run(MESSAGES, url)


@contextlib.contextmanager
def firefox(program, profile, preferences):
    """Run this Firefox with {name: value} preferences and an empty profile in the folder `profile`."""
    values = PREFERENCES | preferences
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in values.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [program, "--headless", "--marionette", "--remote-allow-system-access", "--profile", str(profile)]
    home = os.environ | {"HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
    with (profile / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, env=home) as process:
        try:
            with socket.create_connection(
                ("127.0.0.1", _port(profile / "MarionetteActivePort", process))
            ) as connection:
                yield Firefox(connection)
        finally:
            process.terminate()


def _port(file, process):
    """The port that Firefox writes once it listens."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(file.read_text())
        time.sleep(0.1)
    raise Failed("Firefox did not start: see the log in its profile")
