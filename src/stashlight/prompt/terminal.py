"""Lines from a terminal, with history and completion; prompt_toolkit's home."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stashlight.errors import SettingError
from stashlight.prompt.statements import is_whole, language_of
from stashlight.prompt.words import following

__all__ = ["history_file", "typed"]


def typed(columns: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> Iterator[str]:
    """
    Give each statement as it is typed, until the person leaves with Ctrl-D; `columns` of tables are completed.

    Raises:
        SettingError: prompt_toolkit is not installed.
    """
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
        from prompt_toolkit.completion import CompleteEvent, Completer, Completion
        from prompt_toolkit.document import Document
        from prompt_toolkit.filters import Condition
        from prompt_toolkit.history import FileHistory, InMemoryHistory
        from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
        from prompt_toolkit.lexers import DynamicLexer, PygmentsLexer
        from pygments.lexers.kusto import KustoLexer
        from pygments.lexers.sql import SqlLexer  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        message = (
            "the prompt needs prompt_toolkit and pygments: pip install 'stashlight[shell]'; or pipe queries into it"
        )
        raise SettingError(message) from error

    class Words(Completer):
        """Completion of the text before the cursor."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002 - the library's signature
            for word, count in following(document.text_before_cursor, columns):
                yield Completion(word, start_position=-count)

    sql, kql = PygmentsLexer(SqlLexer), PygmentsLexer(KustoLexer)
    kept = history_file(say)
    keys = KeyBindings()
    prompt: PromptSession[str] = PromptSession(
        message="stashlight> ",
        history=FileHistory(str(kept)) if kept else InMemoryHistory(),
        completer=Words(),
        complete_while_typing=False,
        auto_suggest=AutoSuggestFromHistory(),
        multiline=True,
        prompt_continuation="         … ",
        key_bindings=keys,
        lexer=DynamicLexer(lambda: sql if language_of(prompt.default_buffer.text) == "sql" else kql),
    )

    @keys.add("enter", filter=Condition(lambda: is_whole(prompt.default_buffer.text)))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    while True:
        try:
            yield prompt.prompt()
        except KeyboardInterrupt:
            continue  # what was typed is given up, as in every shell
        except EOFError:
            return


def history_file(say: Callable[[str], None]) -> Path | None:
    """
    Give the file of what was typed, readable by nobody else; None if it cannot be kept, which is said.

    Queries name hosts, accounts and files of a case.
    """
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = (Path(base) if base else Path.home() / ".local" / "state") / "stashlight"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "history"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600))
        path.chmod(0o600)
    except (OSError, RuntimeError) as error:
        say(f"history is not kept: {error}")
        return None
    return path
