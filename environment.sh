# Sourced by ./run and ./test. `prepare requirements.txt` makes the virtual environment .venv, if need
# be, and installs what that file lists, if that has changed. Otherwise it takes a moment only.

say() {
    printf '%s\n' "$*" >&2
}

# The name of the first Python that is new enough.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    say "Backstep needs Python 3.11 or later, and found none: see https://www.python.org/downloads/"
    return 1
}

# Debian keeps a part of Python's venv module in a package of its own.
need_venv() {
    "$1" -c 'import ensurepip' >/dev/null 2>&1 && return
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "This Python lacks the venv module. On Debian and Ubuntu: sudo apt-get install $package"
        return 1
    fi
    say "Installing $package..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$package" >/dev/null
}

prepare() {
    if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
        python=$(find_python)
        need_venv "$python"
        "$python" -m venv --clear .venv
    fi
    installed=.venv/$1
    wanted=$(cat requirements.txt "$1")
    if [ "$wanted" != "$(cat "$installed" 2>/dev/null)" ]; then
        say "Installing the packages of $1 into .venv..."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
        printf '%s\n' "$wanted" >"$installed"
    fi
}
