"""One conversation with a router: read, compare, change, kick. It knows no database; what it needs of it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.logs import log
from core.network.desired import Wish
from core.network.findings import Finding, findings_of, findings_of_lines
from core.network.menus import AddItem, Item, Kind, RemoveItem, SetItem
from core.network.phases import is_removal
from core.network.plan import Plan, plan
from core.network.reconcile import Drift
from core.network.router import (
    AddUser,
    Applied,
    Change,
    Greeting,
    Holdings,
    Question,
    RemoveProfile,
    RemoveUser,
    Return,
    Router,
    RouterHealth,
    RouterRefused,
    RouterTimedOut,
    SetUser,
)
from core.sealing import Sealer

LOG = log("network.talk")
# Then the time is looked at. Eight times what is in flight at once, so that looking costs few of the round trips.
CHANGES_AT_ONCE: Final = 2_048


@dataclass(frozen=True, slots=True)
class Terms:
    """What beside its wishes decides what a router holds.

    `by_radius`: it holds no user of ours. `kinds`: other menus that a full look reads. `has_lines`: look at PPPoE too.
    """

    by_radius: bool = False
    house: tuple[Item, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.PPP_PROFILE, Kind.SECRET)
    has_lines: bool = False


@dataclass(slots=True)
class Talk:
    """What a visit says and hears. `failed`: user name -> why the router does not hold it as wished."""

    router: Router
    sealer: Sealer
    now: Callable[[], datetime]
    time_left: Callable[[], bool]
    wanted_now: Callable[[Collection[str]], set[str]]
    found_drift: Callable[[Drift], None] = lambda _drift: None
    terms: Terms = field(default_factory=Terms)
    failed: dict[str, str] = field(default_factory=dict)
    greeting: Greeting = field(default_factory=lambda: Greeting(RouterHealth("", "", "", 0, 0, 0)))
    online: int = 0
    kicked: int = 0

    def greet(self) -> int:
        """Ask who is online and how long the router has been up; says the latter, in seconds."""
        by_radius = self.terms.by_radius
        self.greeting = self.router.greet(sessions=not by_radius, lines=self.terms.has_lines and not by_radius)
        return self.greeting.health.uptime_s

    def make_true(self, wishes: Sequence[Wish], *, full: bool) -> list[Finding]:
        """Make the router hold what is wished, and say what it saw of its users before.

        A full talk compares every object of ours on it; any other, those of the wishes alone.
        """
        if self.terms.by_radius and not full:
            return []  # it is told nothing of users, and what they use the RADIUS server hears
        wishes = [] if self.terms.by_radius else wishes
        before, lines = self.greeting.sessions, self.greeting.lines
        self.online = len(before) + len(lines)
        asked = {wish.username for wish in wishes if not wish.is_line}
        asked |= {session.user for session in before if not session.radius}
        self._go_on()
        question = self._question(wishes, None if full else sorted(asked), full=full)
        held = self.router.look(question) if full or asked or question.kinds else Holdings()
        self._go_on()
        after = self.router.active() if before else []
        if full or wishes:
            self._mend(self._plan(wishes, held, full=full), wishes, full=full)
        return [*findings_of(before, held.users, after, asked), *findings_of_lines(lines)]

    def look_only(self, wishes: Sequence[Wish]) -> Plan:
        """Say what a full talk would do, and do nothing."""
        held = self.router.look(self._question([], None, full=True))
        return self._plan([] if self.terms.by_radius else wishes, held, full=True)

    def _question(self, wishes: Sequence[Wish], users: Sequence[str] | None, *, full: bool) -> Question:
        if full:
            return Question(users=users, profiles=True, kinds=dict.fromkeys(self.terms.kinds))
        lines = [wish.username for wish in wishes if wish.is_line]
        kinds: dict[Kind, Sequence[str] | None] = {Kind.PPP_PROFILE: None, Kind.SECRET: lines} if lines else {}
        return Question(users=users, profiles=len(lines) < len(wishes), kinds=kinds)

    def _plan(self, wishes: Sequence[Wish], held: Holdings, *, full: bool) -> Plan:
        if not full:  # who is merely online is read for what it used, and not compared
            wished = {wish.username for wish in wishes}
            users = [user for user in held.users if user.name in wished]
            held = Holdings(users, held.profiles, held.items, held.refused)
        return plan(wishes, self.terms.house, held, sealer=self.sealer, now=self.now(), full=full)

    def _mend(self, found: Plan, wishes: Sequence[Wish], *, full: bool) -> None:
        self._go_on()
        self.failed |= found.failed
        if full:
            self.found_drift(found.drift)
        changes = found.drift.changes
        self._apply([change for change in changes if not is_removal(change)])
        removals = [change for change in changes if is_removal(change)]
        kept = {wish.username for wish in wishes if wish.wanted != "absent"}
        removed = self._remove(removals, kept) if removals else []
        wishes = [wish for wish in wishes if wish.username not in found.strangers]
        self._kick(wishes, {one.name for one in removed if isinstance(one, RemoveUser)}, full=full)
        self._hang_up(wishes, changes, {one.key for one in removed if isinstance(one, RemoveItem)})
        self._bring_back(found.drift)

    def _apply(self, changes: Sequence[Change]) -> list[Applied]:
        done: list[Applied] = []
        for at in range(0, len(changes), CHANGES_AT_ONCE):
            self._go_on()
            done += self.router.apply(changes[at : at + CHANGES_AT_ONCE])
        for item in done:
            if item.ok:
                continue
            name, why = _user_of(item.change), item.message or item.outcome.value
            if name:
                self.failed[name] = why
            else:
                LOG.warning("not as it should be", change=type(item.change).__name__, error=why)
        return done

    def _remove(self, removals: Sequence[Change], kept: set[str]) -> list[Change]:
        """Remove users and tiers that nobody wants any more, and say what is gone.

        The wishes were read before the router was: a token sold since, and told by another, is not an extra.
        """
        names = {_user_of(change) for change in removals} - kept - {""}
        spared = self.wanted_now(names) if names and not self.terms.by_radius else set()
        if spared:  # their tiers may be among the removals: the next full visit will know them
            removals = [change for change in removals if _user_of(change) not in spared and not _is_tier(change)]
        return [item.change for item in self._apply(removals) if item.ok and _user_of(item.change) not in kept]

    def _kick(self, wishes: Sequence[Wish], removed: set[str], *, full: bool) -> None:
        """End the sessions of the ended. One that the router will not end is that user's failure alone."""
        self._go_on()
        ended = self._ended(wishes, lines=False)
        # Whom the router itself cut off is not online, but has left a cookie: nobody is spared at the first telling.
        leaving = removed - {wish.username for wish in wishes} | {wish.username for wish in ended if not wish.told}
        if full and ended:
            leaving |= {session.user for session in self.router.active([wish.username for wish in ended])}
        self._each(self.router.kick, leaving)

    def _hang_up(self, wishes: Sequence[Wish], changes: Sequence[Change], removed: set[str]) -> None:
        """Take down the lines of the ended, and of who has another speed now: they dial again at once, and get it."""
        up = {line.name for line in self.greeting.lines if not line.radius}
        leaving = removed | {wish.username for wish in self._ended(wishes, lines=True)}
        leaving |= {_user_of(change) for change in changes if isinstance(change, SetItem)} - set(self.failed)
        # Where nobody has a line any more none were read: who has just lost theirs may still be on it.
        self._each(self.router.hang_up, leaving & up if self.terms.has_lines else leaving)

    def _bring_back(self, drift: Drift) -> None:
        """Give another speed to who is online: their sessions keep the old one, so they begin again at once."""
        other = {one.name for one in drift.changed if one.kind is Kind.USER and "profile" in one.fields}
        users = {change.user.name: change.user for change in drift.changes if isinstance(change, SetUser)}
        returns = [
            Return(session, users[session.user].password)
            for session in self.greeting.sessions
            if session.user in other - set(self.failed) and not session.radius and not users[session.user].disabled
        ]
        if returns:
            self._go_on()
            for name in self.router.bring_back(returns):
                LOG.warning("not logged in again after a change of speed", user=name)

    def _ended(self, wishes: Sequence[Wish], *, lines: bool) -> list[Wish]:
        now = self.now()
        return [
            wish
            for wish in wishes
            if wish.is_line == lines and not wish.to_be_online(now) and wish.username not in self.failed
        ]

    def _each(self, end: Callable[[Sequence[str]], int], leaving: set[str]) -> None:
        if not leaving:
            return
        try:
            self.kicked += end(sorted(leaving))
        except RouterRefused:
            for name in sorted(leaving):
                self._go_on()
                try:
                    self.kicked += end([name])
                except RouterRefused as refusal:
                    LOG.warning("a session was not ended", user=name, error=str(refusal))
                    self.failed[name] = f"its sessions were not ended: {refusal}"

    def _go_on(self) -> None:
        """Stop while the lease is still ours: what is done is done, the next visit finds the rest."""
        if not self.time_left():
            raise RouterTimedOut("the visit took too long and was ended; what is left is told at the next")


def _user_of(change: Change) -> str:
    """The user or secret a change is about; nothing where it is about another thing."""
    if isinstance(change, AddUser | SetUser):
        return change.user.name
    if isinstance(change, RemoveUser):
        return change.name
    if isinstance(change, AddItem | SetItem):
        return change.item.key if change.item.kind is Kind.SECRET else ""
    return change.key if isinstance(change, RemoveItem) and change.kind is Kind.SECRET else ""


def _is_tier(change: Change) -> bool:
    return isinstance(change, RemoveProfile) or (isinstance(change, RemoveItem) and change.kind is Kind.PPP_PROFILE)
