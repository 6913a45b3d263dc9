"""What a router saw of its users: who is online, for how long, and what is counted of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.network.desired import MARKER
from core.network.reconcile import is_our_user
from core.network.router import ActiveLine, ActiveSession, HeldUser
from core.usage.hear_looks import Credit, Seen

BYTES_MAX: Final = 2**52  # 4.5 petabytes, as of what RADIUS tells; whatever a router writes


@dataclass(frozen=True, slots=True)
class Finding:
    """A user of ours: how long it was online in all, the sessions it has, and its credit, if that is known for certain.

    `counted_s`: how long it was online by the router's own count, which is what its limit is held against. A user that
    is not there, and so will be made anew, has counted nothing. None: no limit of time is held there.
    """

    username: str
    online_s: int
    sessions: tuple[Seen, ...] = ()
    credit: Credit | None = None
    counted_s: int | None = None
    missing: bool = False

    @property
    def used(self) -> bool:
        """Say whether it was ever online."""
        credited = self.credit is not None and self.credit.up_bytes + self.credit.down_bytes > 0
        return self.online_s > 0 or credited or any(one.up_bytes + one.down_bytes > 0 for one in self.sessions)


def findings_of(
    before: Sequence[ActiveSession],
    held: Sequence[HeldUser],
    after: Sequence[ActiveSession],
    asked: Collection[str],
) -> list[Finding]:
    """Put sessions and credit together: the sessions read once before and once after the users.

    Sessions that RADIUS let in are none of these users': the RADIUS server is told of them.

    A session that ended in between may stand in the credit already: the credit of its user is left for the next
    visit. Who was `asked` for and is not held has no credit, and counts from nothing once it is added.
    """
    sessions: dict[str, list[ActiveSession]] = {}
    for session in (one for one in before if not one.radius):
        sessions.setdefault(session.user, []).append(session)
    lasting = {(session.user, session.id, session.mac): session for session in after if not session.radius}
    strangers = {user.name for user in held if not is_our_user(user.comment, MARKER)}
    ours = {user.name: user for user in held if user.name not in strangers}
    found = []
    for name in dict.fromkeys([*ours, *asked]):
        if name in strangers:
            continue
        online = sessions.get(name, [])
        seen = tuple(_seen(session) for session in online)
        user = ours.get(name)
        lasted = max((session.uptime_s for session in online), default=0)
        if user is None:
            credit = None if online else Credit(name, 0, 0)
            found.append(Finding(name, lasted, seen, credit, 0, missing=True))
            continue
        certain = _all_last(online, lasting)
        credit = Credit(name, _bytes(user.bytes_in), _bytes(user.bytes_out)) if certain else None
        found.append(Finding(name, lasted + user.uptime_s, seen, credit, user.uptime_s))
    return found


def findings_of_lines(lines: Iterable[ActiveLine]) -> list[Finding]:
    """What was seen of PPPoE lines. A router credits nothing of them: what no look saw of one nobody knows."""
    return [Finding(line.name, line.uptime_s, _seen_of_line(line)) for line in lines if not line.radius]


def _seen(session: ActiveSession) -> Seen:
    return Seen(
        session.user,
        f"{session.mac} {session.id}",
        session.uptime_s,
        _bytes(session.bytes_in),
        _bytes(session.bytes_out),
        session.mac[:40],
        session.address[:40],
    )


def _seen_of_line(line: ActiveLine) -> tuple[Seen, ...]:
    if line.counted is None:
        return ()
    up, down = line.counted
    return (Seen(line.name, f"line {line.id}", line.uptime_s, _bytes(up), _bytes(down)),)


def _bytes(said: int) -> int:
    return min(said, BYTES_MAX)


def _all_last(online: Iterable[ActiveSession], lasting: dict[tuple[str, str, str], ActiveSession]) -> bool:
    """Say whether each session still runs: the same place again with less time on it is another session."""
    for session in online:
        now = lasting.get((session.user, session.id, session.mac))
        if now is None or now.uptime_s < session.uptime_s:
            return False
    return True
