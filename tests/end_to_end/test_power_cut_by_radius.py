"""The power fails under the database and the worker while routers tell of sessions by RADIUS; and the web is away.

No byte is lost and none is counted twice, whatever came again, late or never. The moment and what is lost on the way
are drawn from the suite's own seed (`-p randomly_seed=N`), which is printed.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
import requests
from sqlalchemy import text

from tests.end_to_end.books import counted, session_of
from tests.end_to_end.waiting import await_until, note
from tests.radius.server import Raw

ROUTER = "juba-town"
MEGABYTE = 1_000_000
QUOTA = 500 * MEGABYTE
ACCOUNTS = 12  # of each session, the power fails among them
BEFORE = 4  # so many are told before it may fail
SHARE_LOST, SHARE_AGAIN = 0.2, 0.3  # of the accounts
PATIENCE_S = 1
# Three interims of silence, and a session is over.
SILENT = (
    "UPDATE usage_session SET heard_at = heard_at - interval '16 minutes' WHERE username = :user AND stopped_at IS NULL"
)


class Phone:
    """A device online at a router by RADIUS, and the router's counters of it."""

    def __init__(self, by_radius, leave, number):
        self.by_radius, self.leave = by_radius, leave
        self.mac, self.session = f"AA:BB:CC:DD:EE:{number:02X}", f"{number:04x}0001"
        self.seconds = self.up = self.down = 0
        self.before = 0  # bytes of sessions that were

    @property
    def total(self):
        return self.before + self.up + self.down

    def logs_in(self):
        """Whether the server lets it in; silence is asked again, as routers do."""
        answer = self.by_radius.radius.log_in(
            self.leave.username, self.leave.password, mac=self.mac, how="CHAP",
            secret=self.by_radius.secrets[ROUTER], tries=3, patience_s=PATIENCE_S,
        )  # fmt: skip
        self.told = answer.attributes
        return answer.accepted

    def tells(self, kind, late_s=0, **more):
        """One account; whether it was heard."""
        counters = {"Acct_Session_Time": self.seconds, "Acct_Input_Octets": self.up, "Acct_Output_Octets": self.down}
        answer = self.by_radius.radius.account(
            kind, self.session, self.leave.username, self.mac, secret=self.by_radius.secrets[ROUTER],
            patience_s=PATIENCE_S, Acct_Delay_Time=late_s, **counters, **more,
        )  # fmt: skip
        return answer.packet == "Accounting-Response"

    def tells_until_heard(self, kind, **more):
        """The router says it again, and says how old it is, until it is answered. Nobody knows whether it had been kept."""
        late_s = iter(range(1000))
        await_until(lambda: self.tells(kind, next(late_s), **more), what=f"{kind} of {self.leave.username} heard")

    def comes_back(self, session):
        """A new session: all counters at nothing."""
        self.before, self.session = self.total, session
        self.seconds = self.up = self.down = 0
        assert self.logs_in()
        self.tells_until_heard("Start")

    def goes_on(self, chance):
        """Ten seconds of use."""
        self.seconds += 10
        self.up, self.down = self.up + chance.randrange(MEGABYTE), self.down + chance.randrange(10 * MEGABYTE)


class Cut:
    """Everybody tells; the power fails in the middle, once all have told some."""

    def __init__(self, people):
        self.ready = threading.Barrier(len(people) + 1)

    def tell(self, phone, chance):
        phone.tells_until_heard("Start")
        for at in range(ACCOUNTS):
            if at == BEFORE:
                self.ready.wait()
            phone.goes_on(chance)
            if chance.random() < SHARE_LOST:
                continue
            phone.tells_until_heard("Interim-Update")
            if chance.random() < SHARE_AGAIN:
                phone.tells("Interim-Update", late_s=chance.randrange(3))

    def fall(self, house, after_s):
        """Kill PostgreSQL and the worker at once, `after_s` seconds after all have told some; wait until all live again."""
        self.ready.wait()
        threading.Event().wait(after_s)
        dead = {role: house.pid_of(role) for role in ("postgres", "worker")}
        for pid in dead.values():
            psutil.Process(pid).kill()
        for role, pid in dead.items():
            await_until(
                lambda role=role, pid=pid: house.pid_of(role) not in {None, pid}, what=f"{role} after its death"
            )
        await_until(house.alive, what="the house")


def is_counted(house, phone):
    return counted(house, phone.leave.username) == (phone.total, phone.total)


def ledger_of(house, phone):
    return session_of(house, phone.leave.username, phone.session)


@pytest.mark.slow
def test_a_power_cut_among_accounts_loses_no_byte_and_counts_none_twice(by_radius, chance):
    house = by_radius.house
    plan = by_radius.sells("500M", 34, data_bytes=QUOTA, down_kbps=4000, up_kbps=1000)
    achol, majok, nyandeng = people = [Phone(by_radius, by_radius.buys(plan, ROUTER), at) for at in range(3)]
    for phone in people:
        assert phone.logs_in()
    cut, after_s = Cut(people), chance.uniform(0, 1)
    note(f"the power fails {after_s:.2f} s into the telling")
    with ThreadPoolExecutor(len(people)) as pool:
        telling = [pool.submit(cut.tell, phone, random.Random(chance.random())) for phone in people]
        cut.fall(house, after_s)
        for one in telling:
            one.result()

    achol.goes_on(chance)
    for _twice in range(2):
        achol.tells_until_heard("Stop", Acct_Terminate_Cause=Raw("User-Request"))
    majok.tells_until_heard("Interim-Update")
    nyandeng.tells_until_heard("Interim-Update")
    for phone in people:
        await_until(lambda phone=phone: is_counted(house, phone), what="every byte, once")

    # The router had no power either: nobody is online there, and whoever paid comes back.
    on = by_radius.radius.account("Accounting-On", "0", secret=by_radius.secrets[ROUTER])
    assert on.packet == "Accounting-Response"
    ended = [ledger_of(house, phone) for phone in people]
    assert [(row.ended, row.cause) for row in ended] == [
        (True, "User-Request"), (True, "NAS-Reboot"), (True, "NAS-Reboot")
    ]  # fmt: skip
    for at, phone in enumerate(people):
        phone.comes_back(f"{at:04x}0002")
        assert int(phone.told["Mikrotik-Total-Limit"]) == QUOTA - phone.before

    # The last account of a session that ended with the router's power comes once more: it moves nothing.
    late = Phone(by_radius, majok.leave, 1)
    late.seconds, late.up, late.down = 10 * ACCOUNTS, ended[1].up, ended[1].down
    late.tells_until_heard("Interim-Update")

    # Nobody hears of Nyandeng any more, then it turns out that she was online all the time.
    nyandeng.goes_on(chance)
    waits = "SELECT 1 FROM usage_inbox WHERE username = %s"
    await_until(lambda: not house.rows(waits, nyandeng.leave.username), what="her Start folded in")
    with by_radius.parts.db.transaction() as tx:
        tx.execute(text(SILENT), {"user": nyandeng.leave.username})
    await_until(lambda: ledger_of(house, nyandeng).cause == "lost", what="given up")
    nyandeng.goes_on(chance)
    nyandeng.tells_until_heard("Interim-Update")
    await_until(lambda: not ledger_of(house, nyandeng).ended, what="heard again")
    for phone in people:
        phone.tells_until_heard("Stop", Acct_Terminate_Cause=Raw("User-Request"))
        await_until(lambda phone=phone: is_counted(house, phone), what="every byte, once")
        assert ledger_of(house, phone).ended
    house.is_clean()


@contextmanager
def web_down(house):
    """The web is dead, and nobody starts it again meanwhile."""
    os.kill(house.process.pid, signal.SIGSTOP)
    try:
        top = psutil.Process(house.pid_of("web"))
        for process in (*top.children(recursive=True), top):
            process.kill()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{house.web}/health/ready", timeout=5)
        yield
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{house.web}/health/ready", timeout=5)
    finally:
        os.kill(house.process.pid, signal.SIGCONT)
        await_until(house.alive, what="the house")


def test_while_the_web_is_down_people_log_in_and_are_counted(by_radius, chance):
    house = by_radius.house
    plan = by_radius.sells("WEB", 35, data_bytes=QUOTA, down_kbps=4000, up_kbps=1000)
    achol = Phone(by_radius, by_radius.buys(plan, ROUTER), 9)
    with web_down(house):
        assert achol.logs_in()
        achol.tells_until_heard("Start")
        achol.goes_on(chance)
        achol.tells_until_heard("Stop")
        await_until(lambda: is_counted(house, achol), what="every byte")
