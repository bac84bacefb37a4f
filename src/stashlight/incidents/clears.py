"""What would clear an incident: the facts that, if true, make it somebody's job."""

from stashlight.incidents.cases import Case

__all__ = ["clears"]


def clears(case: Case) -> tuple[str, ...]:
    """Give statements that a person can check, most telling first."""
    found: list[str] = []
    account = case.accounts[0] if case.accounts else "the account"
    host, place = case.places[0] if case.places else ("the host", "the place")
    found.append(
        f"{account} or their manager confirms, over another channel, that they filled {place} themselves, and why."
    )
    if case.acts("pack"):
        found.append("A ticket or job names this archive, its destination and who receives it.")
    if any(w.kind in ("foreign", "nameless", "masked") for _, w in case.written):
        names = sorted({w.name for _, w in case.written if w.kind in ("foreign", "nameless", "masked")})
        found.append(
            f"The program {', '.join(names[:3])} is signed, known to asset management and documented to write here."
        )
    if case.logons:
        found.append(f"The remote session from {case.logons[0].client or 'its address'} is the account holder's own.")
    if any(w.kind == "remote" for _, w in case.written):
        found.append(
            f"{place} on {host} is a known share for exactly this purpose, filled by the same account on other days too."
        )
    if case.acts("exfiltrate"):
        found.append("The transfer went to a destination of the organisation.")
    return tuple(found)
