"""What a router saw of its users: who was online, for how long, and how much is counted of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.access.usage import Reading
from core.network.desired import MARKER
from core.network.reconcile import is_our_user
from core.network.router import ActiveLine, ActiveSession, HeldUser


@dataclass(frozen=True, slots=True)
class Finding:
    """A user of ours: how long it was online in all, and what is counted of it, if that could be read for certain.

    `counted_s`: how long it was online by the router's own count, which is what its limit is held against. A user that
    is not there, and so will be made anew, has counted nothing. None: no limit of time is held there.
    """

    username: str
    online_s: int
    reading: Reading | None
    counted_s: int | None = None
    missing: bool = False

    @property
    def used(self) -> bool:
        """Say whether it was ever online."""
        return self.online_s > 0 or (self.reading is not None and self.reading.total > 0)


def findings_of(
    before: Sequence[ActiveSession],
    held: Sequence[HeldUser],
    after: Sequence[ActiveSession],
    asked: Collection[str],
) -> list[Finding]:
    """Put sessions and credit together: the sessions read once before and once after the users.

    Sessions that RADIUS let in are none of these users': the RADIUS server is told of them.

    A session that ended in between stands in both and would count twice, so what is counted of its user is left
    for the next visit. Who was `asked` for and is not held counts from nothing once it is added.
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
        user = ours.get(name)
        lasted = max((session.uptime_s for session in online), default=0)
        if user is None:
            found.append(Finding(name, lasted, None if online else Reading(0, 0), 0, missing=True))
            continue
        credited = user.bytes_in + user.bytes_out
        total = credited + sum(session.bytes_in + session.bytes_out for session in online)
        certain = _all_last(online, lasting)
        found.append(
            Finding(name, lasted + user.uptime_s, Reading(total, credited) if certain else None, user.uptime_s)
        )
    return found


def findings_of_lines(lines: Iterable[ActiveLine]) -> list[Finding]:
    """What was seen of PPPoE lines. Nothing of it is credited: the next session counts from nothing."""
    return [
        Finding(line.name, line.uptime_s, None if line.counted is None else Reading(line.counted, 0))
        for line in lines
        if not line.radius
    ]


def _all_last(online: Iterable[ActiveSession], lasting: dict[tuple[str, str, str], ActiveSession]) -> bool:
    """Say whether each session still runs: the same place again with less time on it is another session."""
    for session in online:
        now = lasting.get((session.user, session.id, session.mac))
        if now is None or now.uptime_s < session.uptime_s:
            return False
    return True
