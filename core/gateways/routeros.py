"""MikroTik routers over the binary API: the `Router` of `core.network.router`.

A change whose answer was lost is looked up by name before it is called done, refused or unknown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, Self, TypeVar

from routeros_api.query import IsEqualQuery, OrQuery

from core.gateways.routeros_items import (
    LINE_PROPERTIES,
    PPP_ACTIVE,
    QUEUE,
    held_item,
    holds_item,
    kind_of,
    properties_of,
)
from core.gateways.routeros_wire import MESSAGE_CHARS_MAX, Call, Exchange, Reply, RouterOsWire, Row
from core.gateways.routeros_words import (
    ACTIVE,
    ACTIVE_PROPERTIES,
    COOKIE,
    GONE,
    IDENTITY,
    PROFILE,
    PROFILE_PROPERTIES,
    RESOURCE,
    RESOURCE_PROPERTIES,
    USER,
    USER_PROPERTIES,
    active_session,
    call_for,
    duplicate,
    health,
    held_profile,
    held_user,
    lines_of,
    log_in_call,
    permanent,
    secret_of,
)
from core.network.menus import MENUS, AddItem, HeldItem, Kind, RemoveItem, SetItem
from core.network.phases import is_removal, phase_of
from core.network.router import (
    ActiveLine,
    ActiveSession,
    AddProfile,
    AddUser,
    Applied,
    Change,
    Greeting,
    HeldProfile,
    HeldUser,
    Holdings,
    Outcome,
    Question,
    RemoveProfile,
    RemoveUser,
    Return,
    RouterAddress,
    RouterConnectionLost,
    RouterError,
    RouterHealth,
    RouterRefused,
    SetProfile,
    SetUser,
    profile_differences,
    user_differences,
)

NAMES_PER_QUERY_MAX: Final = 100
# A connection that breaks this often over the same batch is left for the next sync.
LOSSES_MAX: Final = 3

_LINES: Final = [
    Call(PPP_ACTIVE, "print", {"proplist": LINE_PROPERTIES}),
    Call(QUEUE, "print", {"proplist": "name,bytes"}),
]
_Read = TypeVar("_Read")
_Numbered = tuple[int, Change]


class RouterOsRouter:
    """One router, one connection, one thread at a time; the others wait their turn."""

    def __init__(self, address: RouterAddress) -> None:
        self._wire = RouterOsWire(address)
        self._lock = threading.RLock()

    def health(self) -> RouterHealth:
        """Ask how it is."""
        return self.greet(sessions=False, lines=False).health

    def greet(self, *, sessions: bool, lines: bool) -> Greeting:
        """Ask how it is and who is online, in one round trip."""
        calls = [
            Call(RESOURCE, "print", {"proplist": RESOURCE_PROPERTIES}),
            Call(IDENTITY, "print", {"proplist": "name"}),
        ]
        calls += [Call(ACTIVE, "print", {"proplist": ACTIVE_PROPERTIES})] if sessions else []
        resource, identity, *online = self._read(calls + (_LINES if lines else []))
        return Greeting(
            health(resource[0] if resource else {}, identity[0] if identity else {}),
            [active_session(row) for row in online[0]] if sessions else [],
            lines_of(*online[-2:]) if lines else [],
        )

    def profiles(self) -> list[HeldProfile]:
        """Read all hotspot profiles."""
        (rows,) = self._read([Call(PROFILE, "print", {"proplist": PROFILE_PROPERTIES})])
        return [held_profile(row) for row in rows]

    def users(self, names: Sequence[str] | None = None) -> list[HeldUser]:
        """Read all hotspot users, or those of these names, in one round trip."""
        return self._of_names(USER, "name", USER_PROPERTIES, names, held_user)

    def active(self, names: Sequence[str] | None = None) -> list[ActiveSession]:
        """Read who is online."""
        return self._of_names(ACTIVE, "user", ACTIVE_PROPERTIES, names, active_session)

    def lines(self) -> list[ActiveLine]:
        """Read which PPPoE lines are up, and what their queues have counted."""
        lines, queues = self._read(_LINES)
        return lines_of(lines, queues)

    def look(self, question: Question) -> Holdings:
        """Read users, profiles and other menus in one round trip."""
        ours: list[tuple[Kind, Call]] = []
        if question.profiles:
            ours.append((Kind.PROFILE, Call(PROFILE, "print", {"proplist": PROFILE_PROPERTIES})))
        ours += [(Kind.USER, call) for call in _prints(USER, "name", USER_PROPERTIES, question.users)]
        for kind, keys in question.kinds.items():
            menu = MENUS[kind]
            ours += [(kind, call) for call in _prints(menu.path, menu.key, properties_of(kind), keys)]
        found = Holdings(items={kind: [] for kind in question.kinds})
        for (kind, _), reply in zip(ours, self._ask([call for _, call in ours]), strict=True):
            if reply.refusal is not None:
                if kind in {Kind.PROFILE, Kind.USER}:
                    raise RouterRefused(reply.refusal[:MESSAGE_CHARS_MAX], permanent=permanent(reply.refusal))
                found.refused[kind] = reply.refusal[:MESSAGE_CHARS_MAX]
                found.items.pop(kind, None)
            elif kind is Kind.PROFILE:
                found.profiles.extend(held_profile(row) for row in reply.rows)
            elif kind is Kind.USER:
                found.users.extend(held_user(row) for row in reply.rows)
            elif kind in found.items:
                found.items[kind].extend(held_item(kind, row) for row in reply.rows)
        return found

    def inspect(self, menus: Mapping[str, str]) -> dict[str, list[Row]]:
        """Read menus as the router writes them."""
        replies = self._ask([Call(path, "print", {"proplist": properties}) for path, properties in menus.items()])
        return {path: reply.rows for path, reply in zip(menus, replies, strict=True) if reply.refusal is None}

    def apply(self, changes: Sequence[Change]) -> list[Applied]:
        """Make the changes; one bad item blocks no other. A kind of change begins when the one before is answered."""
        if not changes:
            return []
        with self._lock:
            self._wire.open()
            done: dict[int, Applied] = {}
            for _, phase in groupby(enumerate(changes), key=lambda item: phase_of(item[1])):
                if not self._apply_phase(list(phase), done):
                    break
            else:
                self._look_up_duplicates(done)
        return [done.get(at) or _not_done(change, "not sent") for at, change in enumerate(changes)]

    def kick(self, names: Sequence[str]) -> int:
        """End the sessions of these users: cookies first, or a device would come back by itself."""
        if not names:
            return 0
        with self._lock:
            calls = [
                Call(path, "print", {"proplist": ".id"}, query)
                for path in (COOKIE, ACTIVE)
                for query in _any_of("user", names)
            ]
            found = self._read(calls)
            half = len(found) // 2
            for path, answers in ((COOKIE, found[:half]), (ACTIVE, found[half:])):
                ids = [row["id"] for rows in answers for row in rows]
                ended = self._remove_all(path, ids)
        return ended

    def bring_back(self, returns: Sequence[Return]) -> list[str]:
        """Log devices out and in again."""
        with self._lock:
            self._remove_all(ACTIVE, [one.session.id for one in returns])
            replies = self._ask([log_in_call(one) for one in returns])
        return [one.session.user for one, reply in zip(returns, replies, strict=True) if reply.refusal is not None]

    def hang_up(self, names: Sequence[str]) -> int:
        """Take the PPPoE lines of these secrets down."""
        if not names:
            return 0
        with self._lock:
            found = self._read(
                [Call(PPP_ACTIVE, "print", {"proplist": ".id"}, query) for query in _any_of("name", names)]
            )
            return self._remove_all(PPP_ACTIVE, [row["id"] for rows in found for row in rows])

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _of_names(
        self,
        path: str,
        key: str,
        properties: str,
        names: Sequence[str] | None,
        read: Callable[[Row], _Read],
    ) -> list[_Read]:
        answers = self._read(_prints(path, key, properties, names))
        return [read(row) for rows in answers for row in rows]

    def _read(self, calls: Sequence[Call]) -> list[list[Row]]:
        replies = self._ask(calls)
        for reply in replies:
            if reply.refusal is not None:
                raise RouterRefused(reply.refusal[:MESSAGE_CHARS_MAX], permanent=permanent(reply.refusal))
        return [reply.rows for reply in replies]

    def _ask(self, calls: Sequence[Call]) -> list[Reply]:
        if not calls:
            return []
        with self._lock:
            idle_before = self._wire.is_open
            exchange = self._wire.exchange(calls)
            if idle_before and isinstance(exchange.loss, RouterConnectionLost):
                # The router may have restarted while we were silent; a read may be asked again.
                exchange = self._wire.exchange(calls)
        if exchange.loss is not None:
            raise exchange.loss
        return exchange.replies

    def _remove_all(self, path: str, ids: Iterable[str]) -> int:
        calls = [Call(path, "remove", {"id": one}) for one in ids]
        if not calls:
            return 0
        exchange = self._wire.exchange(calls)
        if exchange.loss is not None:
            raise type(exchange.loss)(str(exchange.loss), outcome_unknown=True)
        refusals = [reply.refusal for reply in exchange.replies if reply.refusal is not None]
        for refusal in refusals:
            if not refusal.startswith(GONE):  # it ended by itself in the meantime
                raise RouterRefused(refusal[:MESSAGE_CHARS_MAX], permanent=permanent(refusal))
        return len(calls) - len(refusals)

    def _apply_phase(self, items: list[_Numbered], done: dict[int, Applied]) -> bool:
        """Make changes of one kind, and say whether the router is still there for the next kind."""
        for _ in range(LOSSES_MAX):
            try:
                exchange = self._wire.exchange([call_for(change) for _, change in items])
            except RouterError:
                return False  # these were not sent this time; earlier losses among them are looked up already
            answered = len(exchange.replies)
            done.update(
                (at, _judge(change, reply))
                for (at, change), reply in zip(items[:answered], exchange.replies, strict=True)
            )
            if exchange.loss is None:
                return True
            lost = items[answered : exchange.sent]
            still_lost = self._look_up_lost(lost, exchange, done)
            if still_lost is None:
                return False
            # The first that got no answer may be what breaks the connection: it goes last, and blocks nobody.
            items = still_lost[1:] + items[exchange.sent :] + still_lost[:1]
            if not items:
                return True
        for at, change in items:
            done[at] = _not_done(change, "the connection broke before the router did it")
        return True

    def _look_up_lost(
        self, lost: list[_Numbered], exchange: Exchange, done: dict[int, Applied]
    ) -> list[_Numbered] | None:
        """Find out by name what became of unanswered changes; None when the router cannot be asked."""
        try:
            fulfilled = self._fulfilled([change for _, change in lost])
        except RouterError:
            done.update((at, Applied(change, Outcome.UNKNOWN, message=str(exchange.loss))) for at, change in lost)
            return None
        for (at, change), holds in zip(lost, fulfilled, strict=True):
            if holds:
                done[at] = Applied(change, Outcome.OK)
        return [item for item, holds in zip(lost, fulfilled, strict=True) if not holds]

    def _look_up_duplicates(self, done: dict[int, Applied]) -> None:
        """Call an addition done when the one of that name is exactly ours: an earlier sending of the same."""
        refused = [(at, one.change) for at, one in done.items() if not one.ok and duplicate(one.message)]
        if not refused:
            return
        try:
            fulfilled = self._fulfilled([change for _, change in refused])
        except RouterError:
            return
        for (at, change), holds in zip(refused, fulfilled, strict=True):
            if holds:
                done[at] = Applied(change, Outcome.OK)

    def _fulfilled(self, changes: Sequence[Change]) -> list[bool]:
        of_items = [change for change in changes if isinstance(change, _OF_ITEMS)]
        names = [_name(change) for change in changes if not _of_profile(change) and not isinstance(change, _OF_ITEMS)]
        found = self.look(
            Question(
                users=list(dict.fromkeys(names)),
                profiles=any(_of_profile(change) for change in changes),
                kinds=dict.fromkeys(kind_of(change) for change in of_items),
            )
        )
        by_name: dict[str, list[HeldUser]] = {}
        for user in found.users:
            by_name.setdefault(user.name, []).append(user)
        return [_holds(change, by_name, found) for change in changes]


_OF_ITEMS: Final = (AddItem, SetItem, RemoveItem)


def _holds(change: Change, by_name: dict[str, list[HeldUser]], found: Holdings) -> bool:
    if isinstance(change, AddItem | SetItem | RemoveItem):
        held: list[HeldItem] | None = found.items.get(kind_of(change))
        return held is not None and holds_item(change, held)
    users = by_name.get(_name(change), [])
    if isinstance(change, AddUser):
        return any(not user_differences(change.user, held) for held in users)
    if isinstance(change, SetUser):
        return any(held.id == change.id and not user_differences(change.user, held) for held in users)
    if isinstance(change, RemoveUser):
        return all(held.id != change.id for held in users)
    if isinstance(change, RemoveProfile):
        return all(held.id != change.id for held in found.profiles)
    wanted = change.profile
    return any(held.name == wanted.name and not profile_differences(wanted, held) for held in found.profiles)


def _judge(change: Change, reply: Reply) -> Applied:
    refusal = reply.refusal
    if refusal is None or (is_removal(change) and refusal.startswith(GONE)):
        return Applied(change, Outcome.OK)
    if secret := secret_of(change):
        refusal = refusal.replace(secret, "***")
    # Cut after the secret is out: half of one would no longer be found.
    message = refusal[:MESSAGE_CHARS_MAX] or "refused without a reason"
    return Applied(change, Outcome.REFUSED, permanent(refusal), message)


def _not_done(change: Change, message: str) -> Applied:
    return Applied(change, Outcome.REFUSED, permanent=False, message=message)


def _of_profile(change: Change) -> bool:
    return isinstance(change, AddProfile | SetProfile | RemoveProfile)


def _name(change: Change) -> str:
    if isinstance(change, AddUser | SetUser):
        return change.user.name
    if isinstance(change, AddProfile | SetProfile):
        return change.profile.name
    if isinstance(change, AddItem | SetItem):
        return change.item.key
    return change.key if isinstance(change, RemoveItem) else change.name


def _prints(path: str, key: str, properties: str, names: Sequence[str] | None) -> list[Call]:
    """Questions that print a menu: all of it, or what has one of these names."""
    queries = [None] if names is None else _any_of(key, names)
    return [Call(path, "print", {"proplist": properties}, query) for query in queries]


def _any_of(key: str, names: Sequence[str]) -> list[OrQuery | IsEqualQuery]:
    """Make queries that match any of the names, in pieces a router takes."""
    unique = list(dict.fromkeys(names))
    pieces = [unique[at : at + NAMES_PER_QUERY_MAX] for at in range(0, len(unique), NAMES_PER_QUERY_MAX)]
    queries = [[IsEqualQuery(key.encode(), name.encode()) for name in piece] for piece in pieces]
    return [OrQuery(*tests) if len(tests) > 1 else tests[0] for tests in queries]
