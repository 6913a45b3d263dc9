"""Every process dies once, by SIGKILL, at a random moment of the main job; people just try again.

The moment is drawn from the suite's own seed (`-p randomly_seed=N`) and the name of the victim, and is printed.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.end_to_end.books import grant, on_router, paid_once_for_one_token
from tests.end_to_end.waiting import await_until, note

CALLERS = 3
ROUTER = "juba-town"
HOUR = 3600
LOOK_S = 31
LEASES_OVER_S = 95  # beyond every lease that a dead worker may have held
# The acts of the story, how often a death falls into each, and the seconds from its beginning it may fall on.
ACTS = {"paying": (6, 1.6), "first use": (2, 3.0), "the end": (2, 12.0)}
VICTIMS = ["web", "a web worker", "worker", "timetable", "sandbox", "redis", "postgres", "everything"]


class Death:
    """One process, or all, killed once, in one act, so many seconds from its beginning."""

    def __init__(self, house, victim, chance):
        self.house, self.victim = house, victim
        (self.act,) = chance.choices(list(ACTS), [weight for weight, _ in ACTS.values()])
        self.after_s = chance.uniform(0, ACTS[self.act][1])
        self.dead = None
        self._timer = threading.Timer(self.after_s, self._strike)

    def may_come_in(self, act):
        if act == self.act:
            self._timer.start()

    def has_passed(self, act):
        """Wait until it has struck, if it is this act's, and until everything lives again."""
        if act != self.act:
            return
        self._timer.join()
        if self.victim == "everything":
            self.house.end(signal.SIGKILL)  # reaps the dead, and waits for those they take along
            note(f"started again after the kill: {self.house.start():.1f} s")
        else:
            await_until(self._lives_again, what=f"{self.victim} after its death")
        assert self.dead
        await_until(self.house.alive, what="the house")
        await_until(lambda: self.house.skip(LEASES_OVER_S))

    def _strike(self):
        if self.victim == "everything":
            self.dead = {self.house.process.pid}
            os.killpg(self.house.process.pid, signal.SIGKILL)
            return
        self.dead = self._present()
        for pid in self.dead:
            psutil.Process(pid).kill()

    def _present(self):
        if self.victim == "a web worker":
            return set(sorted(self.house.web_workers())[:1])
        pid = self.house.pid_of(self.victim)
        return {pid} if pid else set()

    def _lives_again(self):
        if self.victim == "a web worker":
            return len(self.house.web_workers() - self.dead) == 2
        return self._present() and not self._present() & self.dead


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_death_at_any_moment_loses_nothing_and_repeats_nothing(house, phone_of, chance, victim):
    death = Death(house, victim, chance)
    note(f"{victim} dies {death.after_s:.2f} s into {death.act!r}")
    callers = [phone_of() for _ in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as pool:
        death.may_come_in("paying")
        paying = [pool.submit(pays, caller) for caller in callers]
        death.has_passed("paying")
        tokens = [done.result() for done in paying]
    people = list(zip(callers, tokens, strict=True))

    death.may_come_in("first use")
    for caller, token in people:
        await_until(lambda caller=caller, token=token: went_online(house, caller, token), what=f"{token.user} online")
    await_until(lambda: house.skip(LOOK_S))
    death.has_passed("first use")
    for caller, token in people:
        await_until(lambda caller=caller, token=token: was_seen(house, caller, token), what="the first use")

    death.may_come_in("the end")
    await_until(lambda: house.skip(HOUR))
    death.has_passed("the end")
    for caller, token in people:
        await_until(lambda caller=caller, token=token: over(house, caller, token), what="the end of the hour")
        nothing_lost_and_nothing_twice(house, caller)
    house.is_clean()


def pays(caller):
    """Dial until told to approve, approve, and wait for the credentials: whatever happens meanwhile."""
    await_until(caller.is_asked_to_approve, what=f"{caller.number} told to approve")
    caller.approves()
    token = caller.gets_credentials()
    caller.hears("Received SSP 300 by MoMo for 1 hour")
    return token


def went_online(house, caller, token):
    return caller.is_online(ROUTER, token) or caller.log_in(ROUTER, token)


def was_seen(house, caller, token):
    """A router that lost its power has forgotten who was online, and nobody else knows it: they log in again."""
    if grant(house, token).status != "waiting":
        return True
    if not caller.is_online(ROUTER, token) and caller.log_in(ROUTER, token):
        house.skip(LOOK_S)
    return False


class Left(list):
    """What is left of somebody's hour; true when it is nothing."""

    def __bool__(self):
        return len(self) == 0


def over(house, caller, token):
    user, router = on_router(house, ROUTER, token), house.router(ROUTER)
    return Left(
        what
        for what, there in (
            ("the grant", grant(house, token).status != "expired"),
            ("an enabled user", user["disabled"] == "false"),
            ("a cookie", any(cookie["user"] == token.user for cookie in router["cookies"])),
            ("a session", any(session["user"] == token.user for session in router["active"])),
            ("a password that lets in", caller.log_in(ROUTER, token)),
        )
        if there
    )


def nothing_lost_and_nothing_twice(house, caller):
    """One credit, one token, one set of credentials. A text whose sending was cut may come twice, and no more.

    The last text is on its way as the hour ends: that it is over is told as well.
    """
    paid_once_for_one_token(house, caller)
    assert max(Counter(caller.texts()).values()) <= 2
    waiting = """SELECT count(*) FROM outbox o JOIN text_message m ON o.kind = 'sms' AND m.id = (o.body->>'message')::bigint
                 WHERE m.phone = %s AND o.state <> 'sent'"""
    await_until(lambda: house.rows(waiting, caller.number) == [(0,)], what=f"every text to {caller.number} sent")
