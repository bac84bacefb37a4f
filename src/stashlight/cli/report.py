"""
Show a result that was kept as JSON once more, in any form, without reading the logs again.
"""

import argparse
import sys
from pathlib import Path

from stashlight.cli import Exit
from stashlight.errors import InputError
from stashlight.incidents.document_json import from_json
from stashlight.outputs import check_target, deliver, output, output_names, output_of
from stashlight.terminal import PIPE, page_of


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="what `scan --as json` wrote; - for standard input")
    parser.add_argument(
        "--as", dest="form", metavar="FORM", choices=output_names(), help=f"form: {', '.join(output_names())}"
    )
    parser.add_argument("--to", metavar="FILE", help="write the result there; its suffix chooses the form")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    try:
        text = sys.stdin.buffer.read() if options.result == "-" else Path(options.result).read_bytes()
    except OSError as error:
        message = f"cannot read {options.result}: {error.strerror}"
        raise InputError(message) from error
    document = from_json(text, options.result)
    form = options.form or output_of(options.to or "")
    page = PIPE if options.to else page_of(sys.stdout)
    deliver(output(form).render(document, page), options.to)
    return Exit.DONE
