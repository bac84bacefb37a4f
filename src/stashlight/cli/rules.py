"""
List, show, lint and test the rules: those that are shipped, or those under the paths given.

`lint` looks at how a rule is written, `test` runs the cases that stand in it; both exit 1 if something is wrong.
"""

import argparse
from collections.abc import Iterator

from stashlight.cli import Exit, tell
from stashlight.errors import SettingError
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
    show = verbs.add_parser("show", help="show a rule and its SQL", description="Show a rule and its SQL.")
    show.add_argument("rule", metavar="RULE", help="id, name or title of a rule")
    show.add_argument("paths", nargs="*", metavar="PATH", help="rule file or folder (default: the shipped rules)")
    show.set_defaults(verb=_show)


def run(options: argparse.Namespace) -> Exit:
    from stashlight.findings.load import SHIPPED, load

    rules = load(options.paths or (SHIPPED,))
    for error in rules.errors:
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


def _lint(rules: RuleSet, _: argparse.Namespace) -> bool:
    from stashlight.findings.lint import lint

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


def _all(rules: RuleSet) -> tuple[Rule, ...]:
    return (*rules.rules, *rules.filters)
