"""The stand-in for systemd in the throw-away machine of tests/deploy/machine.py: a small supervisor that obeys `systemctl`.

It reads the unit files in /etc/systemd/system, passes gunicorn the listening socket as systemd does, and starts a service again
that ends by itself. nginx and PostgreSQL are run by their own programs. It needs only the standard library of Python.
"""

import configparser
import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
COMMANDS = "/run/stand-in.sock"
STOP_TIMEOUT = 40  # seconds
LISTEN_FD = 3  # sd_listen_fds(3)

services = {}
# Names of units: those that start with the machine, and those that run although this program has no process for them.
enabled, active = {"nginx.service"}, set()


class Service:
    """A running service of a unit file."""

    def __init__(self, name):
        self.name, self.restarts, self.is_wanted = name, 0, True
        self.process = spawn(name)
        threading.Thread(target=self.supervise, daemon=True).start()

    def supervise(self):
        while True:
            self.process.wait()
            if not self.is_wanted:
                return
            time.sleep(0.5)
            if not self.is_wanted:
                return
            self.restarts += 1
            self.process = spawn(self.name)

    def stop(self):
        self.is_wanted = False
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read(name):
    """The sections of a unit file."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    with (UNITS / name).open() as file:
        unit.read_file(file)
    return unit


def environment_of(name):
    """The variables of a service that files give."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    for optional, file in re.findall(r"^EnvironmentFile=(-?)(.*)$", (UNITS / name).read_text(), re.MULTILINE):
        for line in [] if optional and not Path(file).exists() else Path(file).read_text().splitlines():
            variable, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                environment[variable] = "".join(shlex.split(value))
    return environment


def spawn(name):
    """Start the command of a service."""
    unit = read(name)["Service"]
    environment = environment_of(name)
    if assigned := unit.get("Environment"):
        variable, _equals, value = assigned.partition("=")
        environment[variable] = value.replace("%t", "/run")
    for kind, parent in {"Runtime": "/run", "State": "/var/lib"}.items():
        if folder := unit.get(f"{kind}Directory"):
            environment[f"{kind.upper()}_DIRECTORY"] = path = f"{parent}/{folder}"
            make_folder(path, unit)
    command = shlex.split(unit["ExecStart"])
    passed = ()
    if (UNITS / name).with_suffix(".socket").exists():
        # LISTEN_PID is the process id after exec.
        command = ["/bin/sh", "-c", f"LISTEN_FDS=1 LISTEN_PID=$$ exec {shlex.join(command)}"]
        passed = (LISTEN_FD,)
    with open(f"/var/log/{name}.log", "a") as log:
        return subprocess.Popen(
            command,
            cwd=unit.get("WorkingDirectory", "/"),
            env=environment,
            user=unit.get("User", "root"),
            group=unit.get("Group", "root"),
            extra_groups=[unit.get("User", "root"), *unit.get("SupplementaryGroups", "").split()],
            umask=int(unit["UMask"], 8),
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def make_folder(path, unit):
    """A folder of a service. That of the runtime begins empty, as systemd has it."""
    if path.startswith("/run/"):
        shutil.rmtree(path, ignore_errors=True)
    Path(path).mkdir(parents=True, exist_ok=True)
    shutil.chown(path, unit["User"], unit["Group"])


def meets_condition(name):
    """Whether a service may start: ExecCondition names a variable that must not be empty."""
    condition = re.search(r"^ExecCondition=/usr/bin/test -n \"\$\{(\w+)\}\"$", (UNITS / name).read_text(), re.MULTILINE)
    return condition is None or bool(environment_of(name).get(condition[1]))


def listen(name):
    """Open the socket of a unit at the descriptor that gunicorn gets."""
    unit = read(name)["Socket"]
    path = Path(unit["ListenStream"])
    if path.exists():
        return
    path.parent.mkdir(mode=0o755, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(int(unit["Backlog"]))
        os.dup2(listener.fileno(), LISTEN_FD)
    path.chmod(int(unit["SocketMode"], 8))
    subprocess.run(["chgrp", unit["SocketGroup"], path], check=True)


def start(name):
    if not name.endswith(".service"):
        active.add(name)
    if name.endswith(".socket"):
        listen(name)
    elif name == "nginx.service":
        subprocess.run(["nginx"], check=True)
    elif is_postgresql(name):
        clusters("start")
    elif name.endswith(".service") and name not in services and meets_condition(name):
        with contextlib.suppress(KeyError):
            for needed in read(name)["Unit"]["Requires"].split():
                start(needed)
        if read(name)["Service"].get("Type") != "oneshot":
            services[name] = Service(name)
        elif status := spawn(name).wait():
            raise RuntimeError(f"{name} failed with status {status}")


def stop(name):
    active.discard(name)
    if name == "nginx.service":
        subprocess.run(["nginx", "-s", "quit"], check=False)
    elif is_postgresql(name):
        clusters("stop")
    elif name in services:
        services.pop(name).stop()


def is_postgresql(name):
    """Whether a unit is one of Debian's for PostgreSQL: postgresql, or postgresql@17-main."""
    return name.startswith("postgresql")


def clusters(action):
    for folder in Path("/etc/postgresql").glob("*/main"):
        options = ["--", "-m", "fast"] if action == "stop" else []
        subprocess.run(["pg_ctlcluster", folder.parent.name, "main", action, *options], check=False)


def reload(name):
    if name == "nginx.service" and is_active(name):
        subprocess.run(["nginx", "-s", "reload"], check=True)
    elif name == "nginx.service":
        start(name)
    elif is_postgresql(name):
        clusters("reload")


def is_active(name):
    if name == "nginx.service":
        return Path("/run/nginx.pid").exists()
    return name in active or (name in services and services[name].process.poll() is None)


def show(wanted, name):
    """The value of a property of a unit."""
    if wanted == "Result.service":
        return "success" if meets_condition(name) else "exec-condition"
    return str(services[name].restarts)


# What a command asks of each unit, and what it does to each, step by step.
QUESTIONS = {"is-active": is_active, "is-enabled": enabled.__contains__}
STEPS = {
    "start": [start],
    "stop": [stop],
    "restart": [stop, start],
    "reload-or-restart": [reload],
    "try-reload-or-restart": [reload],
    "enable": [enabled.add],
    "enable --now": [enabled.add, start],
    "disable": [enabled.discard],
    "disable --now": [enabled.discard, stop],
    "daemon-reload": [],
}


def obey(arguments):
    """(exit status, output) of `systemctl` with these arguments."""
    action, *names = [word for word in arguments if not word.startswith("-")]
    names = [name if "." in name else f"{name}.service" for name in names]
    if action == "show":
        return 0, show(*names)
    if action in QUESTIONS:
        return (0 if all(map(QUESTIONS[action], names)) else 3), ""
    if action == "try-restart":
        action, names = "restart", [name for name in names if name in services]
    for name in names:
        if not ((UNITS / name).exists() or name == "nginx.service" or is_postgresql(name)):
            return 5, f"Unit {name} not found."
    for step in STEPS[f"{action} --now" if "--now" in arguments else action]:
        for name in names:
            step(name)
    return 0, ""


def main():
    """Answer one command after the other."""
    # Keeps the number of the passed socket free.
    os.dup2(os.open("/dev/null", os.O_RDONLY), LISTEN_FD)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(COMMANDS)
        listener.listen()
        while True:
            connection, _address = listener.accept()
            with connection, connection.makefile("rw") as stream:
                try:
                    answer = obey(json.loads(stream.readline()))
                except Exception as error:
                    answer = 1, f"{type(error).__name__}: {error}"
                stream.write(json.dumps(answer))


if __name__ == "__main__":
    main()
