"""One conversation with a router: read, compare, change, kick. It knows no database; what it needs of it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.logs import log
from core.network.desired import MARKER, Wish, profile_of, user_of
from core.network.findings import Finding, findings_of
from core.network.reconcile import is_our_user, reconcile
from core.network.router import (
    AddUser,
    Applied,
    Change,
    HeldUser,
    HotspotUser,
    RemoveProfile,
    RemoveUser,
    Router,
    RouterRefused,
    RouterTimedOut,
    SetUser,
)
from core.sealing import SealBrokenError, Sealer

LOG = log("network.talk")
CHANGES_AT_ONCE: Final = 100  # then the time is looked at


@dataclass(slots=True)
class Talk:
    """What a visit says and hears. `failed`: user name -> why the router does not hold it as wished."""

    router: Router
    sealer: Sealer
    time_left: Callable[[], bool]
    wanted_now: Callable[[Collection[str]], set[str]]
    failed: dict[str, str] = field(default_factory=dict)
    online: int = 0
    kicked: int = 0

    def uptime_s(self) -> int:
        """Ask how long the router has been up."""
        return self.router.health().uptime_s

    def make_true(self, wishes: Sequence[Wish], *, full: bool) -> list[Finding]:
        """Make the router hold what is wished, and say what it saw of its users before.

        A full talk compares every user of ours on it; any other, those of the wishes alone.
        """
        self._go_on()
        before = self.router.active()
        self.online = len(before)
        wished = {wish.username for wish in wishes}
        asked = wished | {session.user for session in before}
        self._go_on()
        held = self.router.users(None if full else sorted(asked)) if full or asked else []
        self._go_on()
        after = self.router.active() if before else []
        if full or wishes:
            self._change(wishes, [user for user in held if full or user.name in wished], full=full)
        return findings_of(before, held, after, asked)

    def _change(self, wishes: Sequence[Wish], held: Sequence[HeldUser], *, full: bool) -> None:
        self._go_on()
        kept = [wish for wish in wishes if wish.wanted != "absent"]
        profiles = {profile_of(wish).name: profile_of(wish) for wish in kept}
        held_profiles = self.router.profiles()
        if not full:  # a part of the users: tiers that only others use are none of this visit's business
            held_profiles = [profile for profile in held_profiles if profile.name in profiles]
        users = self._users(kept, held)
        sealed = {wish.username for wish in kept} - {user.name for user in users}
        # Whom we cannot tell of is not told to be gone either.
        comparable = [user for user in held if user.name not in sealed]
        drift = reconcile(users, profiles.values(), comparable, held_profiles, MARKER)
        self.failed |= {clash.name: "the name is taken there by something that is not ours" for clash in drift.clashes}
        removals = [change for change in drift.changes if isinstance(change, RemoveUser | RemoveProfile)]
        self._apply([change for change in drift.changes if change not in removals])
        removed = self._remove(removals, {wish.username for wish in kept}) if removals else set()
        self._kick(wishes, removed - {wish.username for wish in wishes}, full=full)

    def _users(self, kept: Sequence[Wish], held: Sequence[HeldUser]) -> list[HotspotUser]:
        """The users as they should be; who cannot be told of, for a seal is broken, has failed."""
        known = {user.name: user.password for user in held if is_our_user(user.comment, MARKER)}
        users = []
        for wish in kept:
            try:
                password = self.sealer.open(wish.password_sealed)
            except SealBrokenError:
                if wish.wanted != "disabled" or wish.username not in known:
                    LOG.error("a seal is broken", grant=wish.grant_id)  # noqa: TRY400 - nothing more to know
                    self.failed[wish.username] = "its password is sealed with a key we do not have"
                    continue
                password = known[wish.username]  # to end it no password is needed
            users.append(user_of(wish, password))
        return users

    def _apply(self, changes: Sequence[Change]) -> list[Applied]:
        done: list[Applied] = []
        for at in range(0, len(changes), CHANGES_AT_ONCE):
            self._go_on()
            done += self.router.apply(changes[at : at + CHANGES_AT_ONCE])
        for item in done:
            if item.ok:
                continue
            if isinstance(item.change, AddUser | SetUser):
                self.failed[item.change.user.name] = item.message or item.outcome.value
            elif isinstance(item.change, RemoveUser):
                self.failed[item.change.name] = item.message or item.outcome.value
        return done

    def _remove(self, removals: Sequence[Change], kept: set[str]) -> set[str]:
        """Remove users and tiers that nobody wants any more, and say which users are gone.

        The wishes were read before the router was: a token sold since, and told by another, is not an extra.
        """
        names = {change.name for change in removals if isinstance(change, RemoveUser)} - kept
        spared = self.wanted_now(names) if names else set()
        if spared:  # their tiers may be among the removals: the next full visit will know them
            removals = [change for change in removals if isinstance(change, RemoveUser) and change.name not in spared]
        done = self._apply(removals)
        return {item.change.name for item in done if item.ok and isinstance(item.change, RemoveUser)} - kept

    def _kick(self, wishes: Sequence[Wish], removed: set[str], *, full: bool) -> None:
        """End the sessions of the ended. One that the router will not end is that user's failure alone."""
        self._go_on()
        ended = [wish for wish in wishes if wish.wanted != "present" and wish.username not in self.failed]
        # Whom the router itself cut off is not online, but has left a cookie: nobody is spared at the first telling.
        leaving = removed | {wish.username for wish in ended if not wish.told}
        if full and ended:
            leaving |= {session.user for session in self.router.active([wish.username for wish in ended])}
        if not leaving:
            return
        try:
            self.kicked = self.router.kick(sorted(leaving))
        except RouterRefused:
            for name in sorted(leaving):
                self._go_on()
                try:
                    self.kicked += self.router.kick([name])
                except RouterRefused as refusal:
                    LOG.warning("a session was not ended", user=name, error=str(refusal))
                    self.failed[name] = f"its sessions were not ended: {refusal}"

    def _go_on(self) -> None:
        """Stop while the lease is still ours: what is done is done, the next visit finds the rest."""
        if not self.time_left():
            raise RouterTimedOut("the visit took too long and was ended; what is left is told at the next")
