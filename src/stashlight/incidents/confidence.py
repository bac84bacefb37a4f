"""How sure the grading is, by which sources saw it: a command alone, files alone, or both with the process tree."""

from stashlight.incidents.cases import Case

__all__ = ["confidence"]


def confidence(case: Case) -> tuple[str, str]:
    """Give (low|medium|high, the reason)."""
    files = bool(case.staged)
    commands = bool(case.acts("collect", "stage", "pack"))
    tree = any(case.context.lineage.get(p.process_key) for p, _ in case.written) or any(
        case.context.lineage.get(d.process_key) for d in case.deeds
    )
    if files and commands and tree:
        return "high", "commands, the files they made and the process tree agree"
    if files and tree:
        return "medium", "the files and the program that wrote them were seen; no command tells what was meant"
    if files and commands:
        return "medium", "commands and files were seen; the process tree was not"
    if files:
        return "low", "only the files were seen: which command or person is behind them is not in these logs"
    return "low", "only the command was seen: no file event shows that it did what it says"
