"""
Write invented telemetry of known meaning: procedures of attackers, what only looks like one, machines at work.

    stashlight simulate --list
    stashlight simulate xcopy_to_share --shape winlogbeat --out logs
    stashlight simulate mass_copy --hosts 1000 --events 10000000 --out load
    stashlight simulate archive_in_public --commands

The same call writes the same bytes. `--commands` prints what to run on a machine of your own to leave the same traces,
with clean-up; Stashlight never runs it.
"""

import argparse
import time
from collections.abc import Iterator

from stashlight.cli import Exit, tell
from stashlight.errors import SettingError
from stashlight.outputs import deliver
from stashlight.plugins import plugin_names
from stashlight.terminal import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    shapes = plugin_names("stashlight.simulation.shapes")
    add = parser.add_argument
    add("procedures", nargs="*", metavar="PROCEDURE", help="name of a procedure, or a YAML file; see --list")
    add("--list", action="store_true", help="name every procedure and what happens in it")
    add("--commands", action="store_true", help="print commands for a machine of your own instead of telemetry")
    add("--shape", choices=shapes, default="nxlog", help=f"form: {', '.join(shapes)} (default: nxlog)")
    add("--out", metavar="DIR", help="folder to write into")
    add("--seed", type=int, default=0, metavar="N", help="vary names, sizes and moments (default: 0)")
    add("--hosts", type=int, default=0, metavar="N", help="add so many Windows machines at ordinary work")
    add(
        "--events",
        type=int,
        default=0,
        metavar="N",
        help="so many events of these machines, over as many days as it takes",
    )
    add("--no-audit", action="store_true", help="leave out what few machines log: 4688, 4663, 4103 and 800")


def run(options: argparse.Namespace) -> Exit:
    if options.list:
        deliver(_listed())
        return Exit.DONE
    if options.commands:
        deliver(_commands(options.procedures))
        return Exit.DONE
    if not options.out or not (options.procedures or options.hosts or options.events):
        message = (
            "say what to write (PROCEDURE, --hosts, --events) and where to (--out DIR); --list names the procedures"
        )
        raise SettingError(message)
    from stashlight.verbs.simulate import simulate

    began = time.monotonic()
    made = simulate(
        options.procedures,
        options.out,
        shape=options.shape,
        seed=options.seed,
        audits=not options.no_audit,
        hosts=options.hosts,
        events=options.events,
    )
    deliver(f"{path}\n" for path in made.files)
    for name in made.empty:
        tell(f"{name}: the sensor of {options.shape} sees nothing of it; no file written")
    size = sum(path.stat().st_size for path in made.files)
    spent = max(time.monotonic() - began, 0.001)
    pace = f", {options.events / spent:,.0f} events of machines at work a second" if options.events else ""
    tell(f"{len(made.files):,} files, {size:,} bytes in {spent:.1f} s{pace}")
    return Exit.REFUSED if made.empty and not made.files else Exit.DONE


def _listed() -> Iterator[str]:
    from stashlight.simulation.procedure import procedure_names, read_procedure

    procedures = [read_procedure(name) for name in procedure_names()]
    for heading, attack in (("Attacks", True), ("Look-alikes, which must stay quiet", False)):
        yield f"{heading}\n"
        for each in procedures:
            if each.attack is attack:
                yield printable(f"  {each.name:<24} {each.system:<8} {each.title}") + "\n"


def _commands(names: list[str]) -> Iterator[str]:
    from stashlight.simulation.commands import commands
    from stashlight.simulation.procedure import attack_names, read_procedure

    chosen = [read_procedure(name) for name in names or attack_names()]
    found = [(procedure, known) for procedure in chosen if (known := commands(procedure))]
    if missing := sorted(
        {each.name for each in chosen} - {procedure.name for procedure, _ in found} if names else set()
    ):
        message = f"no commands for {missing[0]}: it cannot be tried safely on a machine of one's own"
        raise SettingError(message)
    for procedure, known in found:
        remark = "rem" if known.shell == "cmd" else "#"
        yield printable(f"{remark} {procedure.name}: {procedure.title}") + "\n"
        yield f"{remark} In {known.shell}, on a machine of your own that may be tested. Stashlight never runs this.\n"
        if known.needs:
            yield f"{remark} Needs {known.needs}.\n"
        yield "".join(f"{line}\n" for line in known.run)
        yield f"{remark} Clean up, after the logs were collected or forwarded:\n"
        yield "".join(f"{line}\n" for line in known.clean_up)
        yield f"{remark} Then: stashlight validate {procedure.name} --logs FOLDER\n\n"
