"""
The command line: one module a command, found by listing this folder; its name is the word on the command line.

A command parses its options, calls the library function of the same name and hands the result to an output. Heavy
imports (query engine, rule compiler) stand inside `run`, so that `--help` answers at once.

Exit codes: see `Exit`; they are the same for every command.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, Protocol

from stashlight import __version__
from stashlight.errors import StashlightError
from stashlight.installed import version
from stashlight.plugins import plugin, plugin_names
from stashlight.stopping import terminable
from stashlight.terminal import printable

__all__ = ["Command", "Exit", "command_line", "enriching", "imported", "main", "reading", "tell"]


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    """Nothing at or above `--fail-on`; without `--fail-on`, whatever was found."""
    FOUND = 1
    """An incident at or above `--fail-on`; for `rules lint` and `rules test`, a rule that failed."""
    REFUSED = 2
    """Nothing was done: a wrong option or setting, an input that does not exist, a result that cannot be written."""
    INCOMPLETE = 3
    """With `--strict`: it went through to the end, but something could not be read or used."""
    BUG = 70
    """An error of Stashlight's own; `--debug` shows where."""
    INTERRUPTED = 130
    """Interrupted: by Ctrl-C or a SIGTERM. `scan` then gives what it found so far, marked as partial."""


class Command(Protocol):
    """What a command module has; the first line of its docstring is its help."""

    __doc__: str | None

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        ...

    def run(self, options: argparse.Namespace) -> Exit:
        """Do it."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code, and never a traceback unless `--debug` asks for it."""
    # If numpy is installed, pyarrow loads it. Its threads do nothing here, but would keep readers from being forked.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Records and rows are trees without cycles: looking for cycles among them all the time costs a tenth of the work.
    gc.set_threshold(50_000, 20, 100)
    try:
        asked = sys.argv[1:] if argv is None else argv
        options = command_line(asked[0] if asked else "").parse_args(asked)
        with terminable():
            return options.run(options)
    except SystemExit as ended:  # argparse ends this way after --help and after a wrong option
        return ended.code if isinstance(ended.code, int) else Exit.REFUSED
    except KeyboardInterrupt:
        tell("interrupted")
        return Exit.INTERRUPTED
    except StashlightError as error:
        if "--debug" in (sys.argv if argv is None else argv):
            raise
        tell(str(error))
        return Exit.REFUSED
    except Exception as error:  # the process edge: whatever else went wrong is ours, and says so
        if "--debug" in (sys.argv if argv is None else argv):
            raise
        tell(f"a bug: {type(error).__name__}: {error}\nPlease report it with what `--debug` adds shown.")
        return Exit.BUG


def imported() -> None:
    """
    Say that a command has what it stands on, before it begins: modules are no garbage, and nobody need look at them.

    Not if the engine is there already, as in somebody else's process: what is made once it is may be garbage by now.
    """
    if "_duckdb" not in sys.modules:
        gc.freeze()


def tell(message: str) -> None:
    """Say something to the person, beside the result: on standard error, made printable."""
    print(f"stashlight: {printable(message, keep=chr(10))}", file=sys.stderr)


def command_line(only: str = "") -> argparse.ArgumentParser:
    """Build the parser of the whole command line, or of one command, which then need not wait for the others' imports."""
    whole = argparse.ArgumentParser(
        prog="stashlight",
        description="Find data staged for exfiltration (ATT&CK T1074) in endpoint telemetry.",
        epilog="stashlight COMMAND --help tells more about a command.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action=_Version, nargs=0, help="say the versions of program, engine and rules")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    names = plugin_names(__name__)
    for name in [only] if only in names else names:
        command = plugin(__name__, name, Command)
        summary = (command.__doc__ or "").strip().split("\n", 1)[0]
        own = commands.add_parser(name, help=summary, description=command.__doc__, allow_abbrev=False)
        own.formatter_class = argparse.RawDescriptionHelpFormatter
        command.arguments(own)
        own.add_argument("--debug", action="store_true", help="show a traceback where an error ends the command")
        own.set_defaults(run=command.run)
    return whole


def reading(parser: argparse.ArgumentParser, paths: str = "+") -> None:
    """Declare what every command that reads logs takes; `paths` is "*" where they may be left out."""
    parser.add_argument(
        "paths", nargs=paths, metavar="PATH", help="file, folder, glob, archive, or - for standard input"
    )
    parser.add_argument("--format", metavar="NAME", help="read every input as this format instead of looking at it")
    parser.add_argument(
        "--strict", action="store_true", help="parse every record; exit 3 if anything could not be used"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes that read (default: one a core)")
    parser.add_argument("--quiet", action="store_true", help="no progress and no remarks on standard error")


def enriching(parser: argparse.ArgumentParser) -> None:
    """Declare what every command that looks staged files up takes."""
    parser.add_argument(
        "--enrich",
        action="append",
        default=[],
        metavar="[HOST=]FILE",
        help="a listing, $MFT, journal or hash list, for sizes, hashes and existence of staged files; may be given again",
    )


class _Version(argparse.Action):
    """Say the versions; worked out only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from hashlib import blake2b

        from stashlight.decoders.native import is_native

        rules = sorted((Path(__file__).parent.parent / "rules").glob("**/*.yml"))
        digest = blake2b(b"\0".join(rule.read_bytes() for rule in rules), digest_size=4).hexdigest()
        print(f"stashlight {__version__}")
        print(f"engine     duckdb {version('duckdb')}, sqlglot {version('sqlglot')}")
        print(f"readers    {'compiled' if is_native() else 'Python'}")
        print(f"rules      {len(rules)} shipped, digest {digest}; pySigma {version('pysigma')}")
        parser.exit(0)
