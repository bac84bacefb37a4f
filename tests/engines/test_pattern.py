"""A pattern means the same before and after it is written for every engine."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stashlight.engines.duckdb import Engine
from stashlight.engines.pattern import PatternError, is_portable, literal, portable

# Pieces that have an equal on every engine; Python's re (ASCII) tells what they mean.
_PIECES = st.sampled_from(
    [
        "a",
        "k",
        "K",
        ".",
        r"\d",
        r"\W",
        r"\s",
        r"\S",
        "[a-c]",
        "[^a-c]",
        r"[^\d]",
        r"[\w.-]",
        "é",
        r"\.",
        r"\\",
        "-",
        "\n",
        " ",
    ]
)
_REPEATS = st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "*?", "{0,2}?"])
_ATOMS = st.tuples(_PIECES, _REPEATS).map("".join)
_SEQUENCES = st.lists(_ATOMS, min_size=1, max_size=4).map("".join)
_GROUPS = st.tuples(st.just("(?:"), _SEQUENCES, st.just("|"), _SEQUENCES, st.just(")")).map("".join)
_BODIES = st.lists(st.one_of(_SEQUENCES, _GROUPS), min_size=1, max_size=3).map("".join)
_PATTERNS = st.tuples(st.sampled_from(["", "^", r"\A"]), _BODIES, st.sampled_from(["", "$", r"\Z"])).map("".join)
_VALUES = st.text(alphabet="abkKxX09 .-_\\\né\r", max_size=12)


@example("\\W", "K", re.IGNORECASE)
@example("[\\W]", "k", re.IGNORECASE)
@settings(max_examples=400)
@given(
    _PATTERNS,
    _VALUES,
    st.sampled_from(
        [0, re.IGNORECASE, re.MULTILINE, re.DOTALL, re.IGNORECASE | re.DOTALL, re.IGNORECASE | re.MULTILINE]
    ),
)
def test_the_engine_finds_what_python_finds(pattern: str, value: str, flags: int) -> None:
    """RE2 on the portable form against Python on the original."""
    written = portable(pattern, flags)
    assert is_portable(written)
    quoted = written.replace("'", "''")
    text = value.replace("'", "''")
    found = _engine().rows(f"SELECT regexp_matches('{text}', '{quoted}')")[0][0]
    # Both cases of K hold the Kelvin sign too, which Python leaves out of ASCII matching; the values have none.
    assert found is bool(re.search(pattern, value, flags | re.ASCII))


_ENGINES: list[Engine] = []


def _engine() -> Engine:
    if not _ENGINES:
        _ENGINES.append(Engine(threads=1))
    return _ENGINES[0]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\bfoo", "word boundaries"),
        ("(?=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "back-references"),
        ("a{1001}", "repeats"),
        ("(a{100}){11}", "repeats"),
        ("a$b", "middle"),
        ("(?>a)", "atomic"),
        ("a++", "possessive"),
        ("(a)(?(1)b|c)", "conditional"),
        ("(", "does not compile"),
        ("a" * 9000, "longer"),
        ("(" * 3000 + ")" * 3000, "does not compile"),
    ],
)
def test_what_has_no_equal_everywhere_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        portable(pattern)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("a.c", r"a[\x{0}-\x{9}\x{B}-\x{10FFFF}]c"),
        ("(?i)ki", "[Kk\\x{212A}][Ii\\x{130}]"),
        (r"^\d$", r"\A[0-9](?:\x{A}){0,1}\z"),
        (r"(?m)^a$", r"(?:\A|\x{A})a(?:\z|\x{A})"),
        ("[^a]", r"[\x{0}-\x{60}b-\x{10FFFF}]"),
        ("(?i:a)b", "(?:[Aa])b"),
    ],
)
def test_classes_are_written_out(pattern: str, written: str) -> None:
    assert portable(pattern) == written


@given(st.text(max_size=30))
def test_a_literal_matches_itself_only(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert is_portable(literal(text))
    python = re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: re.escape(chr(int(m[1], 16))), literal(text))
    assert re.fullmatch(python, text)
