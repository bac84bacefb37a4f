"""Cases last: nothing is lost, changed or made twice, and whoever tampers is found out."""

import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.cases.case import fold
from stashlight.cases.entry import broken
from stashlight.cases.exporting import exported
from stashlight.cases.matching import overlap
from stashlight.cases.pseudonyms import Names, key_from, locked, revealed
from stashlight.cases.recording import add, assign, case_of, close, give_verdict, note, seal, set_status
from stashlight.cases.store import Store, Writer, opened
from stashlight.cli import Exit, main
from stashlight.errors import CaseError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import from_json, to_json
from stashlight.outputs import output_names

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "tests" / "outputs" / "results"
RESULT = from_json((RESULTS / "case.json").read_bytes())
FIRST, SECOND = RESULT.incidents
T = "2026-03-03T08:00:00Z"


def _programs() -> Path | None:
    """Find PostgreSQL's programs: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL of our own, on a free port of the loopback."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="stashlight-postgres-"))  # pytest's own folders are closed to other users
    user: str | None = None
    if os.geteuid() == 0:  # it refuses to run as root
        user = next((each.pw_name for each in pwd.getpwall() if each.pw_name in {"postgres", "nobody"}), None)
        if user is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
        shutil.chown(folder, user)
    data = folder / "data"
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    run(str(programs / "initdb"), "-D", str(data), "-U", "stashlight", "-A", "trust", "--no-sync", "-E", "UTF8")
    options = f"-h 127.0.0.1 -p {port} -k {folder}"
    control = str(programs / "pg_ctl")
    run(control, "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://stashlight@127.0.0.1:{port}/postgres"
    finally:
        run(control, "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "cases.db")
    import psycopg

    url: str = request.getfixturevalue("server")
    name = f"cases_{abs(hash(request.node.name)) % 10**9}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return url.rpartition("/")[0] + "/" + name


def _execute(where: str, statement: str, *, untied: bool = False) -> None:
    """Do something to the store that we never do; `untied` takes the guards off first, as an attacker would."""
    if where.startswith("postgresql"):
        import psycopg

        with psycopg.connect(where, autocommit=True) as connection:
            if untied:
                connection.execute("ALTER TABLE stashlight_entries DISABLE TRIGGER ALL")
            connection.execute(statement.replace("entries", "stashlight_entries").encode())
        return
    with closing(sqlite3.connect(where)) as connection:
        if untied:
            for name in ("entries_are_not_changed", "entries_are_not_removed"):
                connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


def test_case_goes_from_new_to_closed_with_every_step_kept(where: str) -> None:
    with opened(where, create=True) as store:
        assert [each.action for each in add(store, RESULT.incidents, "ana", T)] == ["opened", "opened"]
        set_status(store, "C-1", "in_progress", "ana", T)
        assign(store, "C-1", "ben", "ana", T)
        note(store, "C-1", "called the user: it was not them", "ben", T)
        give_verdict(store, "C-1", "suspicious", "ben", T)
        close(store, "C-1", "malicious", "staged data deleted; account secured; host cleaned", "ben", T)
    with opened(where) as store:
        case = case_of(store, "C-1")
        entries = list(store.entries("C-1"))
        assert not list(broken(store.entries()))
    assert (case.status, case.assignee, case.verdict) == ("closed", "ben", "malicious")
    assert case.rationale.startswith("staged data deleted")
    assert case.incident == FIRST
    kinds = ["opened", "incident", "status", "assignee", "note", "verdict", "verdict", "status"]
    assert [each.kind for each in entries] == kinds
    assert {each.author for each in entries} == {"ana", "ben"}


def test_scanning_again_updates_instead_of_opening_another(where: str) -> None:
    grown = replace(FIRST, score=90, files=replace(FIRST.files, count=700))
    with opened(where, create=True) as store:
        add(store, RESULT.incidents, "ana", T)
        assert [each.action for each in add(store, RESULT.incidents, "ana", T)] == ["unchanged", "unchanged"]
        assert [each.action for each in add(store, [grown], "ana", T)] == ["updated"]
        close(store, "C-1", "malicious", "done", "ana", T)
        assert [each.action for each in add(store, [grown], "ana", T)] == ["unchanged"]
        larger = replace(grown, files=replace(grown.files, count=800))
        assert [each.action for each in add(store, [larger], "ana", T)] == ["reopened"]
        case = case_of(store, "C-1")
        assert case.status == "in_progress"
        assert case.verdict == "malicious"
        assert len(fold(store.entries())) == 2


def test_incident_that_got_another_id_stays_its_case(where: str) -> None:
    """An earlier event turned up: the id, made of the first one, is new; host, place and time are the same."""
    earlier = replace(FIRST, id="i-other", first_seen="2026-03-02T18:50:00Z", hosts=("lab-ws-23",))
    elsewhere = replace(earlier, id="i-elsewhere", places=("D:\\other",))
    later = replace(earlier, id="i-later", first_seen="2026-03-12T18:50:00Z", last_seen="2026-03-12T19:50:00Z")
    twin = replace(FIRST, id="i-twin", first_seen="2026-03-02T19:00:00Z")
    with opened(where, create=True) as store:
        add(store, [FIRST], "ana", T)
        done = add(store, [earlier, elsewhere, later], "ana", T)
        assert [(each.case, each.action) for each in done] == [("C-1", "updated"), ("C-2", "opened"), ("C-3", "opened")]
        assert case_of(store, "C-1").incidents == (FIRST.id, "i-other")
        (new,) = add(store, [earlier, twin], "ana", T)[1:]
        assert new.action == "opened"
        assert case_of(store, new.case).related == ("C-1",)
        assert new.case in case_of(store, "C-1").related
        assert [each.action for each in add(store, [FIRST], "ana", T)] == ["updated"]


@pytest.mark.parametrize("statement", ["UPDATE entries SET author = 'eve'", "DELETE FROM entries WHERE number = 2"])
def test_database_itself_refuses_to_change_or_remove(where: str, statement: str) -> None:
    with opened(where, create=True) as store:
        add(store, RESULT.incidents, "ana", T)
    with pytest.raises(Exception, match="entries are only ever added"):
        _execute(where, statement)
    with opened(where) as store:
        assert len(list(store.entries())) == 4


@pytest.mark.parametrize(
    ("statement", "number", "reason"),
    [
        ('UPDATE entries SET body = \'{"text":"nothing"}\' WHERE number = 3', 3, "content was changed"),
        ("UPDATE entries SET author = 'eve' WHERE number = 1", 1, "content was changed"),
        ("UPDATE entries SET time = '2020-01-01T00:00:00Z' WHERE number = 5", 5, "content was changed"),
        ("DELETE FROM entries WHERE number = 2", 3, "entry 2 is missing"),
        ("DELETE FROM entries WHERE number = 1", 2, "entry 1 is missing"),
        ("UPDATE entries SET case_id = 'C-2' WHERE number = 2", 2, "content was changed"),
    ],
)
def test_first_broken_link_is_named(where: str, statement: str, number: int, reason: str) -> None:
    """Even whoever takes the guards off cannot hide it."""
    with opened(where, create=True) as store:
        add(store, RESULT.incidents, "ana", T)
        note(store, "C-1", "important", "ana", T)
    _execute(where, statement, untied=True)
    with opened(where) as store:
        first = next(broken(store.entries()))
    assert (first.number, reason in first.reason) == (number, True), first


def test_entries_cut_off_at_the_end_show_against_a_head_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "cases.db")
    with opened(where, create=True) as store:
        add(store, RESULT.incidents, "ana", T)
        note(store, "C-1", "inconvenient", "ana", T)
        head = list(store.entries())[-1].hash
    assert main(["case", "verify", "--db", where, "--expect", head]) == Exit.DONE
    _execute(where, "DELETE FROM entries WHERE number = 5", untied=True)
    assert main(["case", "verify", "--db", where]) == Exit.DONE
    assert main(["case", "verify", "--db", where, "--expect", head]) == Exit.FOUND
    assert "cut off" in capsys.readouterr().out


def _break_off(store: Store) -> None:
    with store.writing():
        Writer(store, "ana", T).add("C-1", "note", {"text": "half"})
        raise RuntimeError


def test_half_an_addition_is_none(where: str) -> None:
    with opened(where, create=True) as store:
        add(store, [FIRST], "ana", T)
        with pytest.raises(RuntimeError):
            _break_off(store)
        assert len(list(store.entries())) == 2
        note(store, "C-1", "whole", "ana", T)
        assert not list(broken(store.entries()))


def test_two_who_write_at_once_keep_one_chain(where: str, tmp_path: Path) -> None:
    """Four processes, ten notes each: forty links, none broken."""
    with opened(where, create=True) as store:
        add(store, [FIRST], "ana", T)
    code = (
        "import sys; from stashlight.cases.store import opened; from stashlight.cases.recording import note\n"
        "for n in range(10):\n"
        "    with opened(sys.argv[1]) as store:\n"
        "        note(store, 'C-1', f'{sys.argv[2]} {n}', sys.argv[2], 'T')"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, where, f"author{n}"]) for n in range(4)]
    assert [each.wait(60) for each in running] == [0] * 4
    with opened(where) as store:
        assert len(case_of(store, "C-1").notes) == 40
        assert not list(broken(store.entries()))


REFUSED: list[tuple[Callable[[Store], None], str]] = [
    (lambda store: close(store, "C-1", "malicious", " ", "ana", T), "needs a rationale"),
    (lambda store: close(store, "C-1", "unknown", "x", "ana", T), "needs a verdict"),
    (lambda store: set_status(store, "C-1", "closed", "ana", T), "case close"),
    (lambda store: give_verdict(store, "C-1", "guilty", "ana", T), "no verdict"),
    (lambda store: note(store, "C-1", "\n", "ana", T), "needs a text"),
    (lambda store: note(store, "C-9", "x", "ana", T), "no case 'C-9'"),
]


@pytest.mark.parametrize(("verb", "said"), REFUSED)
def test_what_makes_no_sense_is_refused(verb: Callable[[Store], None], said: str, tmp_path: Path) -> None:
    with opened(str(tmp_path / "c.db"), create=True) as store:
        add(store, [FIRST], "ana", T)
        with pytest.raises(CaseError, match=said):
            verb(store)
        assert len(list(store.entries())) == 2


def test_sealed_log_that_was_changed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, where = tmp_path / "lab.ndjson", str(tmp_path / "c.db")
    log.write_text("evidence")
    with opened(where, create=True) as store:
        add(store, [FIRST], "ana", T)
        assert seal(store, "C-1", [str(log), str(tmp_path / "gone")], "ana", T)[1][1] is None
        seal(store, "C-1", [str(log)], "ana", T)
        assert len(case_of(store, "C-1").evidence) == 1
    assert main(["case", "verify", "--db", where, "--files"]) == Exit.DONE
    log.write_text("tampered")
    assert main(["case", "verify", "--db", where, "--files"]) == Exit.FOUND
    assert "is not what was sealed" in capsys.readouterr().out


def test_store_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    assert main(["case", "list", "--db", str(tmp_path / "none.db")]) == Exit.REFUSED
    assert not (tmp_path / "none.db").exists()


def test_password_of_a_url_is_not_shown() -> None:
    with pytest.raises(CaseError) as refused, opened("postgresql://ana:hunter2@127.0.0.1:9/cases"):
        pass
    assert "hunter2" not in str(refused.value)


NAMES = ("mwirth", "linden", "lab-ws-23")


def test_export_with_pseudonyms_names_nobody_and_can_be_turned_back(tmp_path: Path) -> None:
    key = key_from(str(tmp_path / "key"), create=True)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with opened(str(tmp_path / "c.db"), create=True) as store:
        add(store, [FIRST], "Ana Analyst", T)
        note(store, "C-1", "MWIRTH's manager was called; see C:\\Users\\mwirth\\Desktop", "Ana Analyst", T)
        entries = list(store.entries())
    names = Names(key)
    text = to_json(exported(entries, "head", names))
    assert [name for name in (*NAMES, "ana analyst") if name in text.casefold()] == []
    back = revealed(text, locked(names, key), key)
    assert "mwirth" in back
    assert "LAB-WS-23" in back
    again = Names(key)
    assert to_json(exported(entries, "head", again)) == text
    other = key_from(str(tmp_path / "other"), create=True)
    assert to_json(exported(entries, "head", Names(other))) != text
    with pytest.raises(CaseError, match="does not open"):
        revealed(text, locked(names, key), other)


@pytest.mark.parametrize("form", ["case", *output_names()])
def test_case_in_any_form_tells_where_it_stands_and_names_nobody_if_asked(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, out, key = str(tmp_path / "c.db"), tmp_path / "out", str(tmp_path / "key")
    server = replace(FIRST.sources[0], path="\\\\lab-files-7\\share", host=None, basis="read")
    remote = replace(FIRST, sources=(*FIRST.sources, server), notes=("Copied from \\\\LAB-FILES-7\\share by mwirth",))
    with opened(where, create=True) as store:
        add(store, [remote], "Ana Analyst", T)
        note(store, "C-1", "MWIRTH was called", "Ana Analyst", T)
        close(store, "C-1", "malicious", "account of mwirth secured", "Ana Analyst", T)
    command = ["case", "export", "C-1", "--db", where, "--as", form, "--to", str(out)]
    assert main(command) == Exit.DONE, capsys.readouterr().err
    whole = out.read_text("utf-8")
    if form not in {"navigator", "ocsf_incident"}:  # which tell of techniques and counts only
        assert [name for name in NAMES if name in whole.casefold()]
    if form in {"html", "markdown", "json", "jsonl", "case"}:
        assert "account of mwirth secured" in whole
        assert "MWIRTH was called" in whole
    assert main([*command, "--pseudonymise", "--key", key]) == Exit.DONE, capsys.readouterr().err
    hidden = out.read_text("utf-8")
    spelled = hidden.casefold().replace("\\", "")  # Markdown may part a name with escapes
    assert [name for name in (*NAMES, "ana analyst", "lab-files-7") if name in spelled] == []
    if form == "json":
        assert from_json(hidden).incidents[0].severity == FIRST.severity


def test_suffix_chooses_the_form_of_an_export(tmp_path: Path) -> None:
    where = str(tmp_path / "c.db")
    with opened(where, create=True) as store:
        add(store, [FIRST], "ana", T)
    for name, start in (("c.json", '{\n  "schema": "stashlight-case/1"'), ("c.md", "# Data"), ("c.html", "<!DOCTYPE")):
        assert main(["case", "export", "C-1", "--db", where, "--to", str(tmp_path / name)]) == Exit.DONE
        assert (tmp_path / name).read_text("utf-8").startswith(start)


@pytest.mark.parametrize("user", ["high", "command", "stage", "title", "2026", "i"])
def test_user_named_like_a_word_of_ours_changes_no_word_of_ours(user: str) -> None:
    names = Names(b"k" * 32)
    incident = replace(FIRST, accounts=(user,), notes=(f"by {user}",))
    names.learn(incident)
    hidden = names.hide_in(incident)
    assert (hidden.id, hidden.severity, hidden.first_seen) == (FIRST.id, FIRST.severity, FIRST.first_seen)
    assert [each.basis for each in hidden.sources] == [each.basis for each in FIRST.sources]
    assert user not in hidden.notes[0].split()


people = st.from_regex(r"[a-z][a-z0-9._-]{2,11}[a-z0-9]", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(people, people, people)
def test_no_name_is_left_in_any_text(user: str, host: str, profile: str) -> None:
    command = replace(
        FIRST.commands[0],
        account=f"CORP\\{user}",
        host=host,
        command=f'xcopy "C:\\Users\\{profile}\\x" \\\\{host.upper()}\\c$\\{user} /user:{user.upper()}',
    )
    incident = replace(FIRST, accounts=(f"CORP\\{user}",), hosts=(f"{host}.corp.example",), commands=(command,))
    names = Names(b"k" * 32)
    names.learn(incident)
    hidden = json.loads(to_json(names.hide(json.loads(to_json(incident)))))
    texts = [hidden["commands"][0]["command"], *hidden["accounts"], *hidden["hosts"], hidden["commands"][0]["host"]]
    words = {word for text in texts for word in text.casefold().replace("\\", " ").replace(":", " ").split()}
    common = {"system", "administrator", "users", "user", "temp", "root", "guest", "public", "default", "windows"}
    assert ({user, host, profile} - common) & words == set()


@given(st.sampled_from([FIRST, SECOND]), st.sampled_from([FIRST, SECOND]))
def test_overlap_does_not_depend_on_the_side(one: Incident, other: Incident) -> None:
    assert (overlap(one, other) > 0) == (overlap(other, one) > 0) == (one is other)


def test_every_verb_of_the_command_line_works_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STASHLIGHT_CASES", str(tmp_path / "cases.db"))
    key, out = str(tmp_path / "key"), str(tmp_path / "export.json")
    for command in (
        ["add", "--from", str(RESULTS / "case.json"), "--author", "ana"],
        ["set", "C-1", "--status", "in_progress", "--assignee", "ben"],
        ["note", "C-1", "a note"],
        ["close", "C-1", "--verdict", "benign", "--rationale", "a migration"],
        ["list", "--status", "closed"],
        ["show", "C-1"],
        ["verify"],
        ["export", "C-1", "--pseudonymise", "--key", key, "--to", out],
        ["reveal", out, "--key", key],
    ):
        assert main(["case", *command]) == Exit.DONE, capsys.readouterr().err
    assert "mwirth" not in Path(out).read_text("utf-8").casefold()
    assert main(["case", "export", "C-1", "--pseudonymise"]) == Exit.REFUSED
    assert main(["case", "set", "C-1"]) == Exit.REFUSED
