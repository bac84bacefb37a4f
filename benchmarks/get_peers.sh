#!/bin/sh
# Gets the programs that the benchmark runs beside a scan into .peers/, where it looks for them; what is there stays.
# Needs git and Python with venv, PyPI and GitHub; Chainsaw and Hayabusa need cargo. Touches nothing outside .peers/.
set -u
mkdir -p "$(dirname "$0")/../.peers" && cd "$(dirname "$0")/../.peers" || exit 1
missing=""

sources() { # NAME OWNER/REPOSITORY
  [ -d "$1" ] || git clone --quiet --depth 1 --recurse-submodules --shallow-submodules "https://github.com/$2" "$1"
}

python_in() { # FOLDER WHAT…: an environment of its own, so that nothing here imports more than it did
  folder=$1
  shift
  [ -d "$folder" ] || python3 -m venv "$folder" || return 1
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

built() { # NAME
  (cd "$1" && cargo build --release --quiet)
}

python_in tenzir tenzir || missing="$missing tenzir"
sources zircolite wagga40/Zircolite && python_in zircolite/venv -r zircolite/requirements.txt || missing="$missing zircolite"
sources chainsaw WithSecureLabs/chainsaw && built chainsaw || missing="$missing chainsaw"
# Its rules are a submodule; of them the benchmark needs config/ only.
sources hayabusa Yamato-Security/hayabusa && built hayabusa || missing="$missing hayabusa"

if [ -n "$missing" ]; then
  echo "not got:$missing; the benchmark goes on without, and says so" >&2
  exit 1
fi
