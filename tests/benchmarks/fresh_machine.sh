#!/usr/bin/env bash
# The README's two commands on a machine that has never seen the project: a fresh clone of HEAD, a new HOME and state, no
# caches, only the package registry of the environment (PIP_*, UV_* pass). Prints how long each took; takes minutes.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d); serving=
cleanup() { [ -z "$serving" ] || kill "$serving" 2>/dev/null || true; [ -z "$serving" ] || wait "$serving" || true; rm -rf "$root"; }
trap cleanup EXIT
git clone --quiet --no-hardlinks "$checkout" "$root/review"
mkdir "$root/home"
cd "$root/review"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
passed=(); while IFS= read -r name; do passed+=("$name=${!name}"); done < <(compgen -e | grep -E '^(PIP_|UV_|SSL_CERT_|REQUESTS_CA|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)' || true)
clean() { env -i PATH="$PATH" HOME="$root/home" LANG=C.UTF-8 "${passed[@]}" "$@"; }
begun=$(date +%s)
clean make run
echo "fresh machine: make run took $(($(date +%s) - begun)) s"
begun=$(date +%s)
clean make serve PORT="$port" >"$root/serve.log" 2>&1 & serving=$!
for _ in $(seq 240); do
    if curl -fsS "http://127.0.0.1:$port/healthz" >/dev/null 2>&1; then break; fi
    kill -0 "$serving" 2>/dev/null || { cat "$root/serve.log"; exit 1; }
    sleep 0.5
done
curl -fsS "http://127.0.0.1:$port/" | grep -qi 'rehearsal\|living systematic review'
curl -fsS -L "http://127.0.0.1:$port/review/" | grep -qi 'sign in\|password'
curl -fsS "http://127.0.0.1:$port/readyz"; echo
echo "fresh machine: make serve answered after $(($(date +%s) - begun)) s"
files=$(find "$root/home" -type f | wc -l)
echo "fresh machine: HOME, empty before, holds $files files in: $(find "$root/home" -mindepth 1 -maxdepth 2 -type d -printf '%P ')"
