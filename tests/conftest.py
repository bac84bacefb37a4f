"""What all tests may ask for."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real telemetry and scenarios, which are not ours to commit; tests that need them are skipped without."""
    path = Path(__file__).parents[1].parent / "shared"
    if not (path / "telemetry").is_dir():
        pytest.skip(f"real telemetry is not here: {path}")
    return path
