"""
List, show, lint, test and export the rules: those that are shipped, or those under the paths given.

`lint` looks at how a rule is written, `test` runs the cases that stand in it; both exit 1 if something is wrong.
"""

import argparse
from collections.abc import Iterator

from stashlight.cli import Exit, tell
from stashlight.errors import SettingError
from stashlight.exports.exported import Exported
from stashlight.findings.rule import Rule, RuleSet
from stashlight.outputs import deliver
from stashlight.terminal import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, verb, summary in (
        ("list", _list, "name every rule, with level, rung and file"),
        ("lint", _lint, "say what is wrong with how rules are written"),
        ("test", _test, "run the cases that stand in the rules"),
    ):
        each = verbs.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        each.add_argument("paths", nargs="*", metavar="PATH", help="rule file or folder (default: the shipped rules)")
        each.set_defaults(verb=verb)
        if name == "lint":
            each.add_argument(
                "--summary", action="store_true", help="only how many rules run, by folder, and why the others do not"
            )
    show = verbs.add_parser("show", help="show a rule and its SQL", description="Show a rule and its SQL.")
    show.add_argument("rule", metavar="RULE", help="id, name or title of a rule")
    show.add_argument("paths", nargs="*", metavar="PATH", help="rule file or folder (default: the shipped rules)")
    show.set_defaults(verb=_show)
    _new_arguments(verbs.add_parser("new", help="write a rule to fill in, or a repository of rules", description=_NEW))
    _export_arguments(verbs.add_parser("export", help="write the rules for another product", description=_EXPORT))


_NEW = """Write a rule to fill in, with cases, or a whole repository with continuous integration.

    stashlight rules new windows/process_creation_odd_archiver --technique T1560.001 --rung pack
    stashlight rules new --repository our-detections"""


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="PRODUCT/CATEGORY_what, such as windows/process_creation_odd_archiver")
    add("--to", default=".", metavar="DIR", help="folder of the rules (default: the current one)")
    add("--technique", default="T1074.001", metavar="ID", help="ATT&CK technique that it shows (default: T1074.001)")
    add("--rung", default="stage", help="step of the ladder that it shows (default: stage)")
    add("--author", default="FILL IN", metavar="WHO", help="who wrote it")
    add("--repository", metavar="DIR", help="write a repository for rules of your own there, with an example of each")
    parser.set_defaults(verb=_new)


_EXPORT = """Write the rules for another product: every rule on single events, and bursts, fan-in, ladder and score.

What the product cannot express is said in the output and never left out in silence.

    stashlight rules export --to splunk --out splunk-searches
    stashlight rules export --to sentinel --form arm --rule mass_copy"""


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--to", required=True, metavar="TARGET", help="the product: see docs/reference/exports.md, or `--to help`")
    add("--out", metavar="DIR", help="write a file a rule there, and export.json about all (default: standard output)")
    add("--rule", action="append", default=[], metavar="RULE", help="only this one, by id, name or title")
    add("--form", metavar="FORM", help="how the product deploys it, such as yaml, arm, terraform, ndjson")
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones")
    add("--settings", metavar="FILE", help="thresholds of this site, in TOML: see docs/reference/settings.md")
    add(
        "--as",
        dest="form_of_table",
        choices=["text", "json"],
        help="a table of what was exported, instead of the queries",
    )
    add("--strict", action="store_true", help="exit 3 if the product cannot have a rule, or only a part of it")
    parser.set_defaults(verb=None)


def run(options: argparse.Namespace) -> Exit:
    if options.verb is None:
        return _export(options)
    if options.verb is _new:
        return _new(options)
    from stashlight.findings.load import SHIPPED, beside_shipped, load

    rules = load(options.paths or (SHIPPED,))
    if any(error.reason.startswith("no rule '") for error in rules.errors):
        # What refers to a shipped rule, such as a filter on file_written, can be used beside it only.
        rules = beside_shipped(options.paths)
    for error in () if getattr(options, "summary", False) else rules.errors:
        tell(str(error))
    failed: bool = options.verb(rules, options)
    return Exit.FOUND if failed or rules.errors else Exit.DONE


def _list(rules: RuleSet, _: argparse.Namespace) -> bool:
    deliver(_lines(rules))
    return False


def _lines(rules: RuleSet) -> Iterator[str]:
    for rule in _all(rules):
        level, rung = rule.level or rule.form, rule.note.rung
        yield printable(f"{level:<13} {rung:<10} {rule.title}  ({rule.file}:{rule.line})") + "\n"


def _show(rules: RuleSet, options: argparse.Namespace) -> bool:
    found = [rule for rule in _all(rules) if options.rule in {rule.id, rule.name, rule.title}]
    if not found:
        message = f"no rule with id, name or title {options.rule!r}; `stashlight rules list` names them"
        raise SettingError(message)
    deliver(
        printable(f"{rule.text.rstrip()}\n\n-- {rule.file}:{rule.line}\n{rule.condition}\n", "\n") for rule in found
    )
    return False


def _lint(rules: RuleSet, options: argparse.Namespace) -> bool:
    from stashlight.findings.lint import lint
    from stashlight.findings.share import refusals, shares

    if options.summary:
        deliver(printable(str(share)) + "\n" for share in shares(rules))
        deliver(printable(f"refused {count:>6,}  {reason}") + "\n" for reason, count in refusals(rules))
        return False

    complaints = [printable(str(complaint)) + "\n" for complaint in lint(rules)]
    deliver(complaints)
    tell(f"{len(_all(rules)):,} rules, {len(complaints):,} complaints, {len(rules.errors):,} errors")
    return bool(complaints)


def _test(rules: RuleSet, _: argparse.Namespace) -> bool:
    from stashlight.findings.testing import failures

    failed = [printable(str(failure)) + "\n" for failure in failures(rules)]
    deliver(failed)
    cases = sum(len(rule.match) + len(rule.ignore) for rule in _all(rules))
    tell(f"{len(_all(rules)):,} rules, {cases:,} cases, {len(failed):,} failed, {len(rules.errors):,} errors")
    return bool(failed)


def _new(options: argparse.Namespace) -> Exit:
    from datetime import UTC, datetime
    from uuid import uuid4

    from stashlight.findings.scaffold import scaffold
    from stashlight.verbs.new_rules import write_repository, write_rule

    if (options.name is None) is (options.repository is None):
        message = "say NAME of one rule, or --repository DIR"
        raise SettingError(message)
    if options.repository:
        deliver(f"{path}\n" for path in write_repository(options.repository))
        return Exit.DONE
    text = scaffold(
        options.name,
        identity=uuid4(),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        author=options.author,
        rung=options.rung,
        technique=options.technique,
    )
    deliver([f"{write_rule(options.to, options.name, text)}\n"])
    return Exit.DONE


def _export(options: argparse.Namespace) -> Exit:
    from pathlib import Path

    from stashlight.exports.target import target, target_names
    from stashlight.verbs.export import export_rules, summary_json, write_export

    if options.to == "help":
        deliver(f"{name:<15} {', '.join(target(name).FORMS)}\n" for name in target_names())
        return Exit.DONE
    exported = export_rules(
        options.to, rules=options.rules, only=options.rule, form=options.form, settings=options.settings
    )
    for error in exported.errors:
        tell(str(error))
    if options.out:
        write_export(exported, Path(options.out))
    if options.form_of_table == "json":
        deliver([summary_json(exported)])
    elif options.form_of_table == "text":
        deliver(_table(exported.lines))
    elif not options.out:
        deliver(text.rstrip("\n") + "\n\n" for line in exported.lines for text in line.files.values())
    lost = [line for line in exported.lines if line.status == "cannot"]
    if options.form_of_table is None:
        for line in lost:
            tell(f"{options.to} cannot have {line.title!r}: {line.reason}")
    partly = sum(line.status == "partly" for line in exported.lines)
    tell(
        f"{len(exported.lines):,} rules for {options.to}: {len(exported.lines) - len(lost):,} written, {partly:,} of them in "
        f"part, {len(lost):,} not; {len(exported.errors):,} rules could not be read"
    )
    return Exit.INCOMPLETE if options.strict and not exported.is_whole else Exit.DONE


def _table(lines: tuple[Exported, ...]) -> Iterator[str]:
    for line in lines:
        yield printable(f"{line.status:<9} {line.kind:<12} {line.level:<14} {line.title}") + "\n"
        for note in filter(None, (line.reason, *line.notes)):
            yield printable(f"          {note}") + "\n"


def _all(rules: RuleSet) -> tuple[Rule, ...]:
    return (*rules.rules, *rules.filters)
