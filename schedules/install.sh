#!/usr/bin/env bash
# Installs the living review as systemd services. Run from a checkout, as root:
#   schedules/install.sh [--mode serve|timers] [--prefix DIR] [--state DIR] [--config DIR] [--user NAME]
#                        [--destdir DIR] [--dry-run]
# --mode serve   one service: schedule, queue and site (the usual way)
# --mode timers  queue and site as one service, the nights and the rest by systemd timers (no Prefect server at all)
# --dry-run      say what would be done, change nothing
# --destdir      write the files below DIR and start nothing (for packages and tests)
# Run it again after an update: settings, secrets and state are kept.
set -euo pipefail

mode=serve prefix=/opt/living-review state=/var/lib/living-review config=/etc/living-review user=living-review
destdir='' dry=''
checkout=$(cd "$(dirname "$0")/.." && pwd)

fail() { echo "install.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry=yes ;;
        --mode|--prefix|--state|--config|--user|--destdir)
            [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value"
            declare "${1#--}=$2"; shift ;;
        -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown option $1; see --help" ;;
    esac
    shift
done
case $mode in serve|timers) ;; *) fail "--mode $mode is not known; use serve or timers" ;; esac
for folder in "$prefix" "$state" "$config"; do
    case $folder in /*) ;; *) fail "$folder is not an absolute path" ;; esac
    case $folder in *[!A-Za-z0-9/._-]*) fail "$folder: only letters, digits and . _ - / are taken" ;; esac
done
[[ $user =~ ^[a-z_][a-z0-9_-]*$ ]] || fail "--user $user is no name for a user"
case $state in /var/lib/*) ;; *) fail "--state $state: systemd keeps state below /var/lib" ;; esac
[ -n "$dry$destdir" ] || [ "$(id -u)" = 0 ] || fail "run it as root, or with --dry-run to see what it would do"

# The night's hour and zone, from the installed protocol or, the first time, from the checkout's.
protocol=$destdir$config/protocol.toml
[ -e "$protocol" ] || protocol=$checkout/protocol.toml
value() { sed -n "/^\[living\]/,/^\[/s/^$1 *= *\"\([^\"]*\)\".*/\1/p" "$protocol"; }
night_at=$(value night_at) zone=$(value timezone)
[ -n "$night_at" ] && [ -n "$zone" ] || fail "$protocol: living.night_at and living.timezone are missing"
[ -e "/usr/share/zoneinfo/$zone" ] || fail "$protocol: living.timezone $zone is not known on this machine (tzdata)"

run() { echo "+ $*"; [ -n "$dry" ] || "$@"; }
put() { # put MODE FILE < content: write a file whole or not at all
    echo "+ write $2 (mode $1)"
    [ -z "$dry" ] || { cat >/dev/null; return 0; }
    mkdir -p "$(dirname "$2")"
    local new; new=$(mktemp "$2.XXXXXX")
    cat >"$new"; chmod "$1" "$new"; mv -f "$new" "$2"
}
rendered() {
    sed -e "s#@PREFIX@#$prefix#g; s#@STATE@#$state#g; s#@STATE_NAME@#${state#/var/lib/}#g" \
        -e "s#@CONFIG@#$config#g; s#@USER@#$user#g; s#@NIGHT@#*-*-* *:${night_at#*:}:00 $zone#g; s#@ZONE@#$zone#g" "$1"
}

if [ "$mode" = serve ]; then
    units=(living-review.service) started=(living-review.service) stopped=(living-review-app.service)
else
    units=(living-review-app.service) started=(living-review-app.service) stopped=(living-review.service)
    for timer in "$checkout"/schedules/systemd/*.timer; do
        name=$(basename "$timer" .timer)
        units+=("$name.service" "$name.timer") started+=("$name.timer")
    done
fi
units+=(living-review-alert@.service)

if [ -z "$destdir" ]; then
    getent passwd "$user" >/dev/null || run useradd --system --user-group --home-dir "$state" --shell /usr/sbin/nologin "$user"
    run install -d -m 0750 -o "$user" -g "$user" "$state"
    run install -d -m 0750 -o root -g "$user" "$config"
    run install -d -m 0700 -o root -g root "$config/credentials"
    command -v uv >/dev/null || [ -n "$dry" ] || fail "uv is not installed (https://docs.astral.sh/uv); it makes the environment"
    # The services cannot write below the prefix: what is not compiled now is compiled again at every start (2 s each hour).
    run env UV_PROJECT_ENVIRONMENT="$prefix/venv" uv sync --quiet --frozen --no-dev --no-editable --compile-bytecode --project "$checkout"
fi
for unit in "${units[@]}"; do
    rendered "$checkout/schedules/systemd/$unit" | put 0644 "$destdir/etc/systemd/system/$unit"
done
rendered "$checkout/schedules/logrotate.conf" | put 0644 "$destdir/etc/logrotate.d/living-review"
[ -e "$destdir$config/protocol.toml" ] || put 0644 "$destdir$config/protocol.toml" <"$checkout/protocol.toml"
[ -e "$destdir$config/environment" ] || put 0640 "$destdir$config/environment" <<EOF
# Settings of the living review; DEVELOPERS.md lists them all. No secrets here: they are in $config/credentials.
LISTEN_HOST=127.0.0.1
LISTEN_PORT=8000
LIVING_REVIEW_STATE_DIR=$state
LIVING_REVIEW_PROTOCOL=$config/protocol.toml
# The address readers use, and the e-mail address NCBI asks for:
#LIVING_REVIEW_SITE_URL=https://review.example.org/
#LIVING_REVIEW_NCBI_EMAIL=
EOF
for secret in ncbi-api-key notify-urls; do
    [ -e "$destdir$config/credentials/$secret" ] || put 0600 "$destdir$config/credentials/$secret" </dev/null
done
if [ -z "$destdir" ]; then
    run systemctl daemon-reload
    for unit in "${stopped[@]}"; do run systemctl disable --now "$unit" 2>/dev/null || true; done
    run systemctl enable --now "${started[@]}"
fi
echo "Done${dry:+ (nothing was changed)}. Settings: $config/environment; secrets: $config/credentials/; logs: journalctl -u 'living-review*'"
