"""Runs nginx with deploy/nginx.conf, without TLS, for tests and measurements."""

import os
import re
import shutil

from django.conf import settings
from django.template.loader import render_to_string

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def error_pages():
    """The names of the templates that deploy/install and deploy/update render for nginx."""
    text = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    return sorted(set(re.findall(r"^ *error_page .* /(.*\.html);$", text, re.MULTILINE)))


def command(folder, port):
    """Write a configuration into the folder and return the command that runs nginx with it.

    nginx listens on 127.0.0.1 at this port and forwards to gunicorn at gunicorn.sock in the folder.
    """
    text = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    # Only paths, names and the port differ from production. Each text to replace must occur.
    for old, new in {
        "pid /run/nginx.pid;": f"pid {folder}/nginx.pid; daemon off;",
        "user www-data;\n": "user root;\n" if os.geteuid() == 0 else "",
        "worker_processes auto;": "worker_processes 1;",
        "/var/log/nginx/": f"{folder}/",
        "/var/cache/nginx/weare1-": f"{folder}/cache-",
        "unix:/run/weare1/gunicorn.sock": f"unix:{folder}/gunicorn.sock",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "        listen [::]:443 ssl;\n": "",
        "root /srv/weare1/current/deploy;": f"root {folder};",
        "/srv/weare1/current/deploy": str(settings.BASE_DIR / "deploy"),
        "/srv/weare1/var/static/": f"{settings.STATIC_ROOT}/",
        "/srv/weare1/var/media/": f"{settings.MEDIA_ROOT}/",
    }.items():
        assert old in text, f"deploy/nginx.conf no longer holds {old}"
        text = text.replace(old, new)
    text, without_tls = re.subn(r"\n\s+ssl_\w+ [^;]+;", "", text)
    text, without_redirect = re.subn(r"    server \{\s+listen 80;.*?\n    \}\n", "", text, flags=re.DOTALL)
    assert (without_tls, without_redirect) == (8, 1)
    # The default folders of temporary files need not exist or be writable here.
    text = text.replace(
        "http {", f"http {{\n    client_body_temp_path {folder}/body;\n    proxy_temp_path {folder}/proxy;", 1
    )
    (folder / "nginx.conf").write_text(text)
    for page in error_pages():
        (folder / page).write_text(render_to_string(page))
    return NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")
