# Names, checks and steps that the commands of this folder share; each reads this file first.
# shellcheck shell=bash
set -euo pipefail
umask 022

SITE=/srv/weare1
ENVIRONMENT=/etc/weare1/environment
SOCKET=/run/weare1/gunicorn.sock
MINIMUM_POSTGRESQL=15
KEPT_RELEASES=3
PATIENCE=60 # seconds in which a new version must answer
NO_NGINX="nginx does not start: see systemctl status nginx and /var/log/nginx/error.log, then run this again."

# Ends the command with one sentence, which says what to do.
fail() {
    echo "$*" >&2
    exit 1
}

be_root() {
    [ "$(id -u)" = 0 ] || fail "Run $0 as root, for example with sudo."
}

# The folder of the release in use; empty before the installation. While a switch is unfinished it is the one that worked before.
release_in_use() {
    local link=$SITE/current
    [ ! -L "$SITE/unfinished" ] || link=$SITE/unfinished
    [ ! -e "$link" ] || readlink -f "$link"
}

be_installed() {
    [ -n "$(release_in_use)" ] || fail "The site is not installed here: run deploy/install HOST first."
}

# One command at a time changes the machine.
be_alone() {
    exec 9>/run/lock/weare1
    flock --nonblock 9 || fail "Another deploy command is running: wait until it has finished."
}

# The checkout that holds the running command, without uncommitted files: a release is a commit.
clean_source() {
    local source changed
    source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
    [ -e "$source/.git" ] || fail "$source is no git checkout: run this from the one the site was installed from."
    changed=$(git -C "$source" status --porcelain)
    [ -z "$changed" ] || fail "$source has uncommitted files: commit or remove them first (git status lists them)."
    echo "$source"
}

# as_site FOLDER COMMAND…: runs a command in a folder as the site's user, with the site's environment and nothing else of the caller's.
as_site() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    runuser -u weare1 -g www-data -G weare1 -- env -i PATH="$PATH" LANG=C.UTF-8 sh -c '
        umask 027
        set -a
        . /etc/weare1/environment
        set +a
        cd -- "$1"
        shift
        exec "$@"' sh "$@"
}

# manage RELEASE COMMAND…: manage.py of a release.
manage() {
    local release=$1
    shift
    as_site "$release" .venv/bin/python manage.py "$@"
}

# The port of the newest PostgreSQL on this machine.
postgresql_port() {
    pg_lsclusters --no-header | sort -rn | awk 'NR == 1 { print $3 }'
}

# as_postgres COMMAND…: runs a command of PostgreSQL as its superuser.
as_postgres() {
    (cd / && runuser -u postgres -- env PGPORT="$(postgresql_port)" "$@")
}

# The value of one variable of the site.
variable() {
    # shellcheck source=/dev/null
    (set +u && . "$ENVIRONMENT" && echo "${!1:-}")
}

check_environment() {
    local wrong
    runuser -u weare1 -- test -r "$ENVIRONMENT" ||
        fail "The user weare1 cannot read $ENVIRONMENT: run chown root:weare1 $ENVIRONMENT, then chmod 640 $ENVIRONMENT."
    # Both systemd and the shell read this file. They agree on quoted values, and on plain ones without special characters.
    wrong=$(awk '
        /^[[:space:]]*(#|$)/ { next }
        !/^[A-Za-z_][A-Za-z0-9_]*=/ { print "line " NR " is not of the form NAME=value"; exit }
        {
            name = substr($0, 1, index($0, "=") - 1)
            value = substr($0, index($0, "=") + 1)
            if (value !~ /^\047[^\047]*\047$/ && value !~ /^"[^"$`\\]*"$/ && value !~ /^[A-Za-z0-9_@%+=:,.\/?-]*$/) {
                print "line " NR ": put the value in single quotes, as in " name "=\047value\047"
                exit
            }
        }' "$ENVIRONMENT")
    [ -z "$wrong" ] || fail "$ENVIRONMENT, $wrong."
}

check_postgresql() {
    local version
    # shellcheck disable=SC2016 # expanded by the inner shell
    version=$(as_site / sh -c 'exec psql --no-psqlrc -Atqc "SHOW server_version_num" "$DATABASE_URL"' 2>&1) ||
        fail "PostgreSQL does not answer: check host, port and name in DATABASE_URL of $ENVIRONMENT, and" \
            "systemctl status postgresql ($version)."
    [ "$((version / 10000))" -ge "$MINIMUM_POSTGRESQL" ] ||
        fail "PostgreSQL $((version / 10000)) is too old: upgrade it to $MINIMUM_POSTGRESQL or newer (pg_upgradecluster)."
}

# check_room MEGABYTES: PostgreSQL is mostly on the same disk, and stops when that is full.
check_room() {
    local free
    free=$(df --output=avail --block-size=1M /srv | tail -n 1)
    [ "$free" -ge "$1" ] ||
        fail "Only $((free)) MB are free in /srv, and $1 are needed: free space or enlarge the disk (df -h), then run this again."
}

check_folders() {
    local folder
    for folder in "$SITE/var/media" "$SITE/var/static"; do
        as_site / test -w "$folder" ||
            fail "The user weare1 cannot write to $folder: run chown -R weare1:www-data $folder."
    done
}

# make_release SOURCE COMMIT: the files of a commit with their own .venv, owned by root: the site cannot change its own code.
# It goes if the command fails before it sets `half` to "".
make_release() {
    local release=$SITE/releases/$2
    [ ! -e "$release/complete" ] || return 0
    half=$release
    trap 'rm -rf "$half"' EXIT
    rm -rf "$release"
    mkdir -p "$release"
    # With the time of extraction (-m): collectstatic copies files that are newer than its copies.
    git -C "$1" archive "$2" | tar -xm -C "$release"
    ln -s ../../var "$release/var"
    "$release/bin/venv" requirements.txt >/dev/null || fail "The packages could not be installed: see above, then run this again."
    "$release/.venv/bin/python" -m compileall -q "$release"/{campaign,operations,pledges,staff,weare1}
    touch "$release/complete"
}

# repair RELEASE: makes its .venv anew if Debian's Python has changed since; then the site must be started again.
repair() {
    local said
    said=$("$1/bin/venv" requirements.txt 2>&1 >/dev/null) || fail "$said"
    [ -z "$said" ] || systemctl restart gunicorn worker
}

# check_settings RELEASE: refuses missing and malformed variables, in the words of manage.py.
check_settings() {
    manage "$1" check --deploy --fail-level WARNING >/dev/null
}

# error_pages FILE: the names of the pages that a configuration of nginx answers errors with.
error_pages() {
    sed -n 's|^ *error_page .* /\([^ /]*\.html\);$|\1|p' "$1" | sort -u
}

# render_error_pages RELEASE: renders them from the templates of the same names, for nginx needs files. One process prints all.
render_error_pages() {
    local pages error
    pages=$(error_pages "$1/deploy/nginx.conf" | paste -sd ' ')
    error=$(manage "$1" shell -v0 -c "
from django.template.loader import render_to_string
for page in '$pages'.split():
    try:
        print(f'%%%\n{render_to_string(page)}')
    except Exception as error:
        raise SystemExit(f'{page}: {error}')" \
        2>&1 >"$1/deploy/pages") ||
        fail "The error pages cannot be rendered (${error##*$'\n'}): the site stays as it is."
    awk -v folder="$1/deploy" -v pages="$pages" '
        BEGIN { split(pages, name) }
        /^%%%$/ { file = folder "/" name[++number]; next }
        { print >file }' "$1/deploy/pages"
    rm "$1/deploy/pages"
}

# prepare RELEASE: the database, starter content and static files; the release in use goes on working.
prepare() {
    local error
    if ! error=$(manage "$1" migrate --verbosity 0 2>&1); then
        error=${error##*$'\n'}
        fail "The database refuses this version: ${error#*: } A version in use goes on. Send this sentence to the" \
            "developers, and take their next version."
    fi
    manage "$1" seed --verbosity 0
    # Earlier files stay in the folder, because cached pages name them. Each release has its own list of names.
    if [ ! -e "$1/staticfiles.json" ]; then
        manage "$1" collectstatic --noinput --verbosity 0
        cp "$SITE/var/static/staticfiles.json" "$1/staticfiles.json"
    fi
}

# Whether a copy is that of a release. A switch that broke off leaves copies of two.
is_ours() {
    local file
    for file in "$SITE"/releases/*/deploy/"$1"; do
        ! cmp -s "$file" "$2" || return 0
    done
    return 1
}

# place FILE DESTINATION BEFORE: copies a file of deploy/, unless an operator changed the copy. BEFORE is empty at the installation.
place() {
    if cmp -s "$1" "$2"; then
        return 0
    fi
    if [ -e "$2" ] && [ -n "$3" ] && ! is_ours "${1##*/}" "$2"; then
        echo "$2 was changed by hand and stays as it is: compare it with $1."
        return 0
    fi
    install -D -m 644 "$1" "$2"
}

place_postgresql_settings() {
    local folder
    for folder in /etc/postgresql/*/main/conf.d; do
        [ ! -d "$folder" ] || place "$1/deploy/postgresql.conf" "$folder/weare1.conf" "$2"
    done
}

# units RELEASE: the units that systemd starts with the machine.
units() {
    echo nginx.service
    (cd "$1/deploy" && grep -ls '^\[Install\]' ./*.{service,socket,timer} | sed 's|^\./||') || true
}

# down RELEASE: those of them that are not enabled, or do not run. One that its own condition keeps off is as it should be.
down() {
    local unit
    for unit in $(units "$1"); do
        systemctl is-enabled --quiet "$unit" && { systemctl is-active --quiet "$unit" ||
            [ "$(systemctl show --property Result --value "$unit")" = exec-condition ]; } || echo "$unit"
    done
}

# ports FILE: the ports of a configuration of nginx.
ports() {
    sed -n 's/^ *listen \([0-9][0-9]*\).*/\1/p' "$1"
}

# check_ports FILE: names the program that holds one of them.
check_ports() {
    local port found holder
    for port in $(ports "$1"); do
        found=$(ss -Hltnp "sport = :$port" 2>/dev/null) || true
        [[ -n $found && $found != *'"nginx"'* ]] || continue
        holder=$(sed -n '1s/.*users:(("\([^"]*\)".*/\1/p' <<<"$found")
        fail "Port $port is in use by ${holder:-another program}: stop it and disable it (systemctl disable --now NAME, if it" \
            "is a service), then run this again."
    done
}

# use RELEASE BEFORE: switches to a release, with its units and configuration. BEFORE is the release in use, or empty.
use() {
    local unit name new=() nginx=deploy/nginx.conf headers=deploy/headers.conf
    cp "$1/staticfiles.json" "$SITE/var/static/staticfiles.json"
    ln -sfn "releases/${1##*/}" "$SITE/current.new"
    mv -T "$SITE/current.new" "$SITE/current"

    for unit in "$1"/deploy/*.{service,socket,timer}; do
        name=${unit##*/}
        [ -e "$unit" ] || continue
        # A unit that an operator disabled stays so.
        if [ ! -e "${2:-/nowhere}/deploy/$name" ] && grep -q '^\[Install\]' "$unit"; then
            new+=("$name")
        fi
        place "$unit" "/etc/systemd/system/$name" "$2"
        # Before override.conf, the file of systemctl edit.
        [[ $name != *.service ]] || place "$1/deploy/sandbox.conf" "/etc/systemd/system/$name.d/10-sandbox.conf" "$2"
    done
    for unit in "$SITE"/releases/*/deploy/*.{service,socket,timer}; do
        name=${unit##*/}
        if [ -e "/etc/systemd/system/$name" ] && [ ! -e "$1/deploy/$name" ]; then
            systemctl disable --now "$name"
            rm -f "/etc/systemd/system/$name" "/etc/systemd/system/$name.d/10-sandbox.conf"
        fi
    done
    place "$1/deploy/postgresql-restart.conf" /etc/systemd/system/postgresql@.service.d/weare1.conf "$2"
    systemctl daemon-reload

    place_postgresql_settings "$1" "$2"
    # Where Patroni runs it, the unit is off.
    systemctl try-reload-or-restart postgresql
    # A reload breaks handshakes off. A switch that broke off has placed the file, perhaps without one.
    if ! cmp -s "$1/$nginx" /etc/nginx/nginx.conf || ! cmp -s "$1/$nginx" "${2:-/nowhere}/$nginx" ||
        ! cmp -s "$1/$headers" "${2:-/nowhere}/$headers" || ! systemctl is-active --quiet nginx; then
        place "$1/$nginx" /etc/nginx/nginx.conf "$2"
        if ! systemctl reload-or-restart nginx; then
            check_ports /etc/nginx/nginx.conf
            fail "$NO_NGINX"
        fi
    fi

    # Requests wait in the socket meanwhile. Whether the processes came up is for wait_until_well() and down() to say.
    systemctl restart gunicorn.service worker.service || true
    systemctl try-restart metrics.service || true
    [ "${#new[@]}" = 0 ] || systemctl enable --quiet --now "${new[@]}" || true
}

# ask PATH: the body of the application's answer, without nginx. Fails without an answer.
ask() {
    local url
    url=$(variable SITE_URL)
    curl --silent --max-time 10 --unix-socket "$SOCKET" --header "Host: ${url#https://}" "http://localhost$1"
}

# visit: the answer of the site to a visitor, through nginx and TLS on this machine.
visit() {
    local url port
    url=$(variable SITE_URL)
    port=$(ports /etc/nginx/nginx.conf | tail -n 1)
    curl --silent --insecure --max-time 10 --connect-to "::127.0.0.1:$port" "$url/healthz"
}

# The checks that fail, one a line, without numbers, which change by themselves. Fails without an answer.
failed_checks() {
    ask /readyz | python3 -c '
import json, re, sys
print(*sorted({re.sub(r"[0-9]+", "N", name) for name in json.load(sys.stdin)["wrong"]}), sep="\n")' 2>/dev/null
}

# is_well BEFORE: the site answers, no check fails that passed before, and the worker did not end.
is_well() {
    local wrong
    [ "$(visit)" = ok ] || return 1
    wrong=$(failed_checks) || return 1
    [ "$1" = unknown ] || [ -z "$(comm -13 <(echo "$1") <(echo "$wrong"))" ] || return 1
    systemctl is-active --quiet gunicorn.service || return 1
    systemctl is-active --quiet worker.service || return 1
    [ "$(systemctl show --property NRestarts --value worker.service)" = 0 ]
}

# wait_until_well BEFORE: fails if the site is not well PATIENCE seconds later.
wait_until_well() {
    local end=$((SECONDS + PATIENCE))
    # A worker that cannot start ends within its first seconds.
    sleep 5
    until is_well "$1"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}
