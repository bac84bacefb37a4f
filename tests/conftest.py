"""What all tests may ask for."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# Continuous integration must say the same of the same commit; a developer's run looks further every time.
# No deadlines: a busy machine is no defect.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "search")


# A shell that starts something in the background has Ctrl-C ignored, and that is inherited: tests send it to processes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real telemetry and scenarios, which are not ours to commit; tests that need them are skipped without."""
    path = Path(__file__).parents[1].parent / "shared"
    if not (path / "telemetry").is_dir():
        pytest.skip(f"real telemetry is not here: {path}")
    return path
