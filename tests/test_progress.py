"""Progress is for people at a terminal."""

import io

from stashlight.progress import Sofar, progress_on


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_pipe_gets_nothing() -> None:
    stream = io.StringIO()
    with progress_on(stream) as progress:
        assert progress is None
    assert stream.getvalue() == ""


def test_quiet_terminal_gets_nothing() -> None:
    stream = _Terminal()
    with progress_on(stream, quiet=True) as progress:
        assert progress is None
    assert stream.getvalue() == ""


def test_terminal_sees_how_far_it_is() -> None:
    stream = _Terminal()
    with progress_on(stream) as progress:
        assert progress is not None
        progress(Sofar(5_000_000, 10_000_000, 1_000))
        progress(Sofar(10_000_000, 0, findings=3))  # standard input: nobody knows how much there is
        progress(Sofar(10_000_000, 0, waiting_for="[red]x.evtx (12 s)"))
    assert "reading" in stream.getvalue()
    assert "waiting for [red]x.evtx (12 s)" in stream.getvalue()
