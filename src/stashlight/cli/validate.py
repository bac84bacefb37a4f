"""
Check that rules find what they must and leave alone what they must, in every shape of telemetry.

    stashlight validate
    stashlight validate --rules our-rules --procedures our-procedures --as junit --to validation.xml
    stashlight validate --without windows/process_creation_archiver
    stashlight validate --logs collected/

Procedures are played and scanned; of each must show what it expects: signals, rules, an incident, or nothing at all. With
`--logs`, what `stashlight simulate --commands` printed was run on machines of your own, and their logs are looked through.
Exits 1 if anything is missing.
"""

import argparse

from stashlight.cli import Exit, tell
from stashlight.errors import SettingError
from stashlight.outputs import check_target, deliver
from stashlight.plugins import plugin, plugin_names

_FORMS = "stashlight.validation.forms"


def arguments(parser: argparse.ArgumentParser) -> None:
    shapes = plugin_names("stashlight.simulation.shapes")
    add = parser.add_argument
    add(
        "names", nargs="*", metavar="PROCEDURE", help="procedures to check (default: all); `simulate --list` names them"
    )
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones")
    add(
        "--procedures",
        action="append",
        default=[],
        metavar="DIR",
        help="procedures of your own beside the shipped ones",
    )
    add("--shape", action="append", default=[], choices=shapes, metavar="NAME", help=f"only these: {', '.join(shapes)}")
    add("--without", action="append", default=[], metavar="RULE", help="hold a rule out: what depends on it?")
    add("--logs", action="append", default=[], metavar="PATH", help="look in your own logs, after commands were run")
    add("--as", dest="form", default="text", choices=("text", "markdown", "json", "junit"), help="form (default: text)")
    add("--to", metavar="FILE", help="write the result there")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    from stashlight.validation.forms import Form
    from stashlight.verbs.validate import validate, validate_logs

    if options.logs:
        if options.without or options.shape or options.procedures:
            message = "--logs looks at logs as they are: --without, --shape and --procedures do not go with it"
            raise SettingError(message)
        validation = validate_logs(options.logs, options.names, rules=options.rules)
    else:
        validation = validate(
            options.names,
            rules=options.rules,
            procedures=options.procedures,
            shapes=options.shape,
            without=options.without,
        )
    deliver(plugin(_FORMS, options.form, Form).render(validation), options.to)
    if options.to:
        tell(f"{len(validation.checks):,} checks, {len(validation.gaps):,} missing, {len(validation.errors):,} errors")
    return Exit.DONE if validation.passed else Exit.FOUND
