"""MTN's two platforms side by side: each is asked about what it took, and about nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.clock import FixedClock
from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.messaging.relay import relay
from core.parts import Parts
from core.payments.ask_payment import claim_due, platform_of
from core.payments.send_note import send_note
from core.payments.settle import settle
from sandbox.momo import Config, create_app
from sandbox.momo.simulator import of
from tests.core.payments.desk import Desk
from tests.town import Town, count, served

CONFIG = Config()


class BothDesks(Desk):
    """A worker that knows both platforms: the one of new payments, and the one MTN leaves."""

    collectors: dict[str, Any]

    def ask(self) -> list[str]:
        states = []
        while (intent_id := claim_due(self.parts.db, self.parts.clock.now())) is not None:
            self.collector = self.collectors[platform_of(self.parts.db, intent_id)]
            states.append(self.ask_about(intent_id))
        return states


def test_what_each_platform_took_is_asked_there_and_credited_once(
    parts: Parts, town: Town, tmp_path: Path, clock: FixedClock
) -> None:
    apps = [
        create_app(tmp_path / str(first), clock=lambda: clock.now().timestamp(), financial_id_first=first)
        for first in (4_000_000_001, 5_000_000_001)
    ]
    with served(apps[0]) as old, served(apps[1]) as new:
        collectors = {url: MtnMomoCollector(_account(url)) for url in (old, new)}
        before = Desk(parts, town, collectors[old], old)
        taken_by_old = before.open(500)
        before.request()
        after = BothDesks(parts, town, collectors[new], new)
        after.collectors = collectors
        taken_by_new = after.open(700, who=town.deng)
        after.request()
        before.decide("approve")
        after.decide("approve", town.deng)
        for _ in range(3):
            clock.advance(seconds=10)
            after.ask()
        assert (after.state(taken_by_old), after.state(taken_by_new)) == ("paid", "paid")
        assert (after.balance(), after.balance(town.deng)) == (500_00, 700_00)
        assert [len(desk.asked_of_phones()) for desk in (before, after)] == [1, 1]

        def note(row: Any) -> None:
            send_note(row, db=parts.db, collectors=collectors, clock=clock)

        assert relay(parts.db, kind="momo.note", handlers={"momo.note": note}, clock=clock) == 2
    assert count(parts, "outbox", "kind = 'momo.note' AND state = 'sent'") == 2
    for app in apps:
        of(app).close()


def test_a_note_that_is_never_taken_is_given_up(parts: Parts, town: Town, clock: FixedClock) -> None:
    class Deaf:
        platform = "https://mtn.example"

        def notify(self, *_asked: object) -> bool:
            return False

    desk = Desk(parts, town, Deaf(), Deaf.platform)
    intent = desk.open()
    with parts.db.transaction() as tx:
        now = clock.now()
        settle(tx, intent_id=intent, provider_reference="4711", now=now, why={}, fulfil=desk.fulfil)
    deaf: Any = {Deaf.platform: Deaf()}
    tries = 0
    for _ in range(10):
        clock.advance(minutes=10)
        tries += relay(
            parts.db,
            kind="momo.note",
            handlers={"momo.note": lambda row: send_note(row, db=parts.db, collectors=deaf, clock=clock)},
            clock=clock,
        )
    assert tries == 3
    assert count(parts, "outbox", "kind = 'momo.note' AND state = 'sent'") == 1


def _account(url: str) -> MomoAccount:
    return MomoAccount(
        base_url=url,
        target_environment=CONFIG.target_environment,
        subscription_key=CONFIG.subscription_key,
        api_user=CONFIG.api_user,
        api_key=CONFIG.api_key,
        currency="SSP",
        timeout_s=10.0,
    )
