"""One USSD hop, from session load to answer, against a bare Flask route that does one Redis GET and SET.

Both under the web server of `make run`, in turn, with fifty callers each, half of them Arabic. They play a day's
mix: most look at their balance or tokens, some lose their way, one session in eight pays (from the balance or by
MoMo), every twentieth hop is sent twice. A screen that is none is a failure; in the end every payment asked for must
stand in the books, once. No worker runs beside: a hop waits for none.
"""

from __future__ import annotations

import itertools
import random
import statistics
from datetime import timedelta
from functools import partial
from typing import Final

from bench import Measured, compare
from bench.callers import CALLERS, Caller, Load, post, run_load
from bench.house import gunicorn, servers
from core.languages import LANGUAGES, TONGUES, say

RUNS: Final = 5
SECONDS: Final = 4.0
WARM_UP_S: Final = 2.0
BALANCE_POUNDS: Final = 9_000_000
PHONES_EACH: Final = 24  # a caller takes up one after the other, for nobody tops up ten times in a minute
TOPS_UP_A_RUN_MAX: Final = 2 * PHONES_EACH // (RUNS + 1)  # by one caller: two prompts at most then wait on a phone
CUT_OFF: Final = tuple(say(tongue, "Your last call was cut off.").encode() for tongue in TONGUES)
BUYS: Final = ("2", "1", "11", "1", "1")  # from the balance
TOPS_UP: Final = ("3", "{amount}", "1")  # by MoMo
# The inputs of one session each; a day's mix.
STORIES: Final = (
    ("1",),
    ("1",),
    ("4",),
    ("1", "1", "3"),
    ("4", "0", "1"),
    ("2", "98", "0", "1"),
    ("2", "9", "1", "11", "1"),
    BUYS,
    ("6",),
    ("3", "{amount}"),
    ("2", "2", "12", "2", "0921234567"),
    ("1",),
    ("7",),
    ("4",),
    ("5", "0", "1"),
    TOPS_UP,
)


def _plant(environ: dict[str, str]) -> None:
    """Callers with money, half of them Arabic, two networks, some plans."""
    from core.cash.take_cash import take_cash
    from core.customers.register import register
    from core.db.migrate import migrate
    from core.money import Money
    from core.parts import assemble
    from core.settings import load
    from sandbox.seed import networks_and_plans, routers, staff

    parts = assemble(load(environ), ring=lambda _bell: None)
    migrate(parts.db.engine)
    with parts.db.transaction() as tx:
        networks_and_plans(tx, parts)
        manager = staff(tx, parts, dict.fromkeys(("admin", "mary", "rose", "gatluak"), parts.ids.typeable(14)))
        routers(
            tx, parts, [{"name": name, "port": 9, "user": "u", "password": "p"} for name in ("juba-town", "munuki")]
        )
        for number in range(CALLERS * PHONES_EACH):
            customer = register(
                tx,
                phone=_phone(number),
                language=LANGUAGES[number % len(LANGUAGES)],
                script=None,
                through="staff",
                now=parts.clock.now(),
            )
            take_cash(
                tx,
                request_key=f"bench:{number}",
                customer_id=customer.customer_id,
                amount=Money.of(BALANCE_POUNDS, "SSP"),
                staff_id=manager,
                now=parts.clock.now() - timedelta(days=1),
            )
    parts.db.close()


def _phone(number: int) -> str:
    return f"+2119210{number:05d}"


def _stories(path: str, number: int, *, seed: int, paid: list[str]) -> Caller:
    """One caller's requests without end. Offered to go on with a dropped call, they start again.

    Sessions that paid are added to `paid`.
    """
    chance = random.Random(seed * 1000 + number)
    topped_up = 0
    for session in itertools.count():
        session_id = f"bench-{seed}-{number}-{session}"
        typed: list[str] = []
        story = chance.choice(STORIES)
        turn = session
        if story is TOPS_UP and topped_up == TOPS_UP_A_RUN_MAX:
            story = STORIES[0]
        elif story is TOPS_UP:
            turn = seed * TOPS_UP_A_RUN_MAX + topped_up
            topped_up += 1
        phone = _phone(number + CALLERS * (turn % PHONES_EACH))
        amount = str(200 + 1000 * seed + session)  # the same amount again would be refused: it is on the phone
        steps = ["", *story]
        while steps:
            step = steps.pop(0)
            typed += [step.format(amount=amount)] if step else []
            hop = post(
                path,
                {
                    "sessionId": session_id,
                    "phoneNumber": phone,
                    "serviceCode": "*384*77#",
                    "networkCode": "65902",
                    "text": "*".join(typed),
                },
            )
            screen = yield hop
            if not steps and story in (BUYS, TOPS_UP):
                paid.append(session_id)
            if chance.random() < 0.05:  # noqa: PLR2004 - every twentieth
                yield hop
            if any(cut_off in screen for cut_off in CUT_OFF):
                steps.insert(0, "2")


def _check_books(environ: dict[str, str], paid: list[str]) -> None:
    """Every session that paid left one token or one request to collect, and nothing else did."""
    from sqlalchemy import text

    from core.integrity import all_faults
    from core.parts import assemble
    from core.settings import load

    parts = assemble(load(environ), ring=lambda _bell: None)
    with parts.db.reading() as connection:
        keys = connection.execute(
            text("SELECT request_key FROM token UNION ALL SELECT request_key FROM payment_intent")
        ).scalars()
        found = sorted(key.split(":")[2] for key in keys)
        faults = all_faults(connection)
    parts.db.close()
    if found != sorted(paid):
        raise AssertionError(f"{len(paid)} sessions paid, {len(found)} payments stand in the books")
    if faults:
        raise AssertionError(f"the books have {len(faults)} faults: {faults[0]}")


def measure() -> Measured:
    """Run both in turn and compare."""
    ours: list[Load] = []
    bare: list[Load] = []
    paid: list[str] = []
    with servers() as environ:
        _plant(environ)
        door = f"/ussd/africastalking/{environ['SHABAKA_GATEWAY_KEY']}"
        with (
            gunicorn("wsgi:create_app()", environ, "/health/ready") as port,
            gunicorn("bench.bare:create_app()", environ) as bare_port,
        ):
            call = partial(_stories, door, paid=paid)
            call_bare = partial(_stories, "/hop", paid=[])
            run_load(port, WARM_UP_S, partial(call, seed=RUNS))
            run_load(bare_port, WARM_UP_S, partial(call_bare, seed=RUNS))
            for run in range(RUNS):
                bare.append(run_load(bare_port, SECONDS, partial(call_bare, seed=run)))
                ours.append(run_load(port, SECONDS, partial(call, seed=run)))
        _check_books(environ, paid)
    failures = sum(load.failures for load in [*ours, *bare])
    if failures:
        raise AssertionError(f"{failures} answers were no screens")
    return compare(
        "hop",
        "hops/s",
        [load.rate for load in ours],
        [load.rate for load in bare],
        p50_ms=statistics.median(load.percentile(0.5) for load in ours),
        p95_ms=statistics.median(load.percentile(0.95) for load in ours),
        p99_ms=statistics.median(load.percentile(0.99) for load in ours),
        ceiling_p99_ms=statistics.median(load.percentile(0.99) for load in bare),
    )
