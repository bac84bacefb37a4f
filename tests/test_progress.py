"""Progress is for people at a terminal."""

import io

from stashlight.progress import progress_on


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
        progress(5_000_000, 10_000_000)
        progress(10_000_000, 0)  # standard input: nobody knows how much there is
    assert "reading" in stream.getvalue()
