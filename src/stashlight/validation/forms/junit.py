"""
JUnit XML, as test reporters of continuous integration read it: a suite for each shape, a case for each procedure and signal.

https://github.com/testmoapp/junitxml describes what the common readers agree on.
"""

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import quoteattr

from stashlight.terminal import printable
from stashlight.validation.checks import Check
from stashlight.validation.validation import Validation


def render(validation: Validation) -> Iterator[str]:
    checks = sorted(validation.checks, key=lambda c: c.shape)
    total, failed = len(checks) + len(validation.errors), len(validation.gaps) + len(validation.errors)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="stashlight validate" tests="{total}" failures="{failed}">\n'
    for shape, each in groupby(checks, key=lambda c: c.shape):
        cases = list(each)
        gaps = sum(not case.found for case in cases)
        yield f'  <testsuite name={_text(shape)} tests="{len(cases)}" failures="{gaps}">\n'
        yield from (_case(case) for case in cases)
        yield "  </testsuite>\n"
    if validation.errors:
        count = len(validation.errors)
        yield f'  <testsuite name="rules and records" tests="{count}" failures="{count}">\n'
        for error in validation.errors:
            yield f'    <testcase classname="errors" name={_text(error)}><failure message={_text(error)}/></testcase>\n'
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _case(check: Check) -> str:
    name = " ".join(part for part in (check.what, check.signal, check.rule) if part)
    head = f"    <testcase classname={_text(f'{check.shape}.{check.procedure}')} name={_text(name)}"
    return f"{head}/>\n" if check.found else f"{head}><failure message={_text(check.says)}/></testcase>\n"


def _text(text: str) -> str:
    return quoteattr(printable(text))
