# The words of this project's day; `./check` and continuous integration use the same.
# Tools come from .venv (`uv sync`), so nothing has to be activated.

every_test := 'pytest -n auto --maxprocesses 8 --dist loadfile -m "not alone"; others=$?; pytest -m alone && exit $others'

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")
generated := "README.md docs/concepts/score.md docs/guides/look-files-up.md docs/reference/baseline.md docs/reference/cli.md docs/reference/events.md docs/reference/exports.md docs/reference/formats.md docs/reference/hunts.md docs/reference/procedures.md docs/reference/result.md docs/reference/settings.md"

# List the words.
_default:
    @just --list

# Run all tests, on all cores, then by themselves those that measure; or some tests: just test tests/outputs
test *arguments:
    {{ if arguments == "" { every_test } else { "pytest " + arguments } }}

# Check style and that imports run downward only.
lint:
    ruff check
    ruff format --check
    lint-imports

# Check types.
types:
    pyright --pythonpath .venv/bin/python

# Write the generated parts of README and reference anew.
docs:
    cog -r -I docs {{generated}}
    python docs/generated.py > docs/reference/result.schema.json

# Build the documentation as a site that needs no server and no network: site/index.html
site folder="site":
    NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet --site-dir {{folder}}

# Put code into the project's format.
format:
    ruff check --fix-only
    ruff format

# Run the command line: just run scan samples
run *arguments:
    @stashlight {{arguments}}

# Write the bundled sample anew.
samples:
    python -m stashlight.simulation samples

# Get the programs that `just bench` runs beside a scan, as far as they can be had here, into .peers/
peers:
    sh benchmarks/get_peers.sh

# Measure speed beside plain loops on the same files: just bench --data DIR --write
bench *arguments:
    python -m benchmarks {{arguments}}
