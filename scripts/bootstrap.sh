#!/bin/sh
# Makes .venv and installs the pinned, hashed requirements: `scripts/bootstrap.sh run|test|bench|fuzz|train`.
# Quick when nothing has changed since the last time. What `bench`, `fuzz` and `train` need is put on top of what is there.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
requirements=requirements/$kind.txt
stamp=.venv/.installed-$kind

say() { printf '%s\n' "$*" >&2; }
die() { say "liniya: $*"; exit 1; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or later is needed: install the package python3 and run make again"
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        # Debian and Ubuntu keep ensurepip in a package of its own.
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ]; then
            say "liniya: installing $package"
            apt-get update -qq >/dev/null && apt-get install -y -qq "$package" >/dev/null ||
                die "the package $package could not be installed: install it and run make again"
        else
            die "the package $package is missing: sudo apt-get install $package, then run make again"
        fi
    fi
    "$python" -m venv .venv
}

case $kind in
run | test) on_top=no ;;
bench | fuzz | train)
    on_top=yes
    scripts/bootstrap.sh run
    ;;
*) die "there are no requirements named $kind: run, test, bench, fuzz or train" ;;
esac

# Any build of torch will do; that of PyPI brings some gigabytes for graphics cards, which training does not use.
torch=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' "$requirements")
if [ $kind = train ] &&
    .venv/bin/python -c "import sys, torch; sys.exit(torch.__version__.split('+')[0] != '$torch')" 2>/dev/null; then
    exit 0
fi

wanted=$(cat "$requirements" pyproject.toml | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
[ -x .venv/bin/python ] || make_venv
say "liniya: installing $requirements into .venv (once; about a minute)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements" ||
    die "the requirements could not be installed: see the lines above; check the network and run make again"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    die "the project could not be installed into .venv: see the lines above"
# All pins agree with those of the run, so what goes on top changes nothing that was installed before it.
[ $on_top = yes ] || rm -f .venv/.installed-*
printf '%s\n' "$wanted" >"$stamp"
# The requirements of the tests contain those of the run.
if [ "$kind" = test ]; then
    cat requirements/run.txt pyproject.toml | sha256sum | cut -d' ' -f1 >.venv/.installed-run
fi
