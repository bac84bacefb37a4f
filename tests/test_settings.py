"""Settings as people write them."""

from datetime import timedelta

import pytest

from stashlight.errors import SettingError
from stashlight.settings import duration


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", {"seconds": 90}),
        ("15m", {"minutes": 15}),
        (" 24H ", {"hours": 24}),
        ("7d", {"days": 7}),
        ("2w", {"weeks": 2}),
    ],
)
def test_duration_is_read(text: str, meant: dict[str, int]) -> None:
    assert duration(text) == timedelta(**meant)


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1.5h", "1y", "1 h", "٣h", "99999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="not a length of time"):
        duration(text)
