"""Orange Money over real sockets, by a prompt and by a page, in another currency: asked, paid, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from core.catalog.set_exchange_rate import set_exchange_rate
from core.clock import FixedClock
from core.days import juba_day
from core.errors import NoExchangeRate
from core.gateways.orange_money import OrangeAccount, orange_collector
from core.money import Money
from core.parts import Parts
from core.payments.open_intent import open_intent
from core.payments.rails import Rail
from sandbox import orange
from sandbox.orange.simulator import of
from tests.core.payments.desk import Desk
from tests.town import ACHOL, Town, count, everything_agrees, served, texts_to

COUSIN = "+237690123456"
CONFIG = orange.Config()


class OrangeDesk(Desk):
    """A desk whose payers are with Orange in Cameroon. SSP 500 cost XAF 63 today: 8 pounds a franc."""

    def ask_for(self, pounds: int = 500) -> int:
        with self.parts.db.transaction() as tx:
            return open_intent(
                tx,
                request_key=f"orange:{self.parts.ids.new_uuid()}",
                customer=self.town.achol,
                payer_phone=COUSIN,
                amount=Money.of(pounds, "SSP"),
                purpose="topup",
                purpose_body={},
                platform="https://mtn.example",
                now=self.parts.clock.now(),
                ids=self.parts.ids,
                rail=Rail("orange-money", self.url, "XAF"),
            ).intent_id


@pytest.fixture
def orange_by(
    parts: Parts, town: Town, tmp_path: Path, clock: FixedClock
) -> Iterator[Callable[[str], AbstractContextManager[OrangeDesk]]]:
    with parts.db.transaction() as tx:
        set_exchange_rate(
            tx,
            day=juba_day(clock.now()),
            currency="XAF",
            rate=Decimal(8),
            source="BEAC",
            staff_id=town.staff["mary"],
            now=clock.now(),
        )

    @contextmanager
    def by(mode: str) -> Iterator[OrangeDesk]:
        app = orange.create_app(
            tmp_path,
            currency="XAF",
            clock=lambda: clock.now().timestamp(),
            country="cm",
            country_code="237",
            channel_msisdn="237690000001",
        )
        with served(app) as url:
            account = OrangeAccount(
                mode=mode,
                base_url=url,
                country="CM",
                currency="XAF",
                client_id=CONFIG.client_id,
                client_secret=CONFIG.client_secret,
                merchant_key=CONFIG.merchant_key,
                merchant_name="Shabaka",
                return_url="https://isp.example/",
                auth_token=CONFIG.auth_token,
                channel_phone="+237690000001",
                pin=CONFIG.pin,
                timeout_s=10.0,
            )
            yield OrangeDesk(parts, town, orange_collector(account), url)
        of(app).close()

    yield by
    everything_agrees(parts)


def test_a_cousin_abroad_pays_in_her_currency_and_achol_has_pounds(orange_by, parts: Parts) -> None:
    with orange_by("omcore") as desk:
        intent = desk.ask_for(500)
        desk.request()
        (prompt,) = desk.asked_of_phones()
        assert (prompt["amount"], prompt["currency"]) == ("63", "XAF")  # 62.5, rounded up
        desk.control("decide", msisdn=COUSIN, decision="approve")
        assert desk.later(seconds=5) == ["paid"]
        assert desk.balance() == 500_00
        assert desk.intent(intent)["provider_token"]
    with parts.db.reading() as connection:
        books = connection.exec_driver_sql(
            "SELECT a.code, sum(p.amount_minor) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id "
            "WHERE a.code ~ '^(orange|exchange)' GROUP BY 1 ORDER BY 1"
        ).all()
    assert [tuple(row) for row in books] == [
        ("exchange:orange-money:SSP", -500_00),
        ("exchange:orange-money:XAF", 63),
        ("orange:money:XAF", -63),
    ]
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["top_up_paid"]


def test_an_answer_that_was_lost_is_asked_for_under_the_token_that_was_stored_first(orange_by, parts: Parts) -> None:
    with orange_by("omcore") as desk:
        desk.control("faults", lose_answer_take_money={"value": "close", "times": 1})
        intent = desk.ask_for()
        desk.request()
        token = desk.intent(intent)["provider_token"]
        assert token
        desk.control("decide", msisdn=COUSIN, decision="approve")
        for _ in range(5):
            desk.later(seconds=30)
        assert desk.state(intent) == "paid"
        assert desk.intent(intent)["provider_token"] == token
        assert len(desk.asked_of_phones()) == 1
    assert count(parts, "receipt", "provider = 'orange-money'") == 1


def test_what_the_payer_refuses_is_told_to_achol(orange_by, parts: Parts) -> None:
    with orange_by("omcore") as desk:
        intent = desk.ask_for()
        desk.request()
        desk.control("decide", msisdn=COUSIN, decision="reject")
        desk.later(seconds=5)
        assert desk.state(intent) == "refused"
        assert desk.balance() == 0
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["payment_refused"]


def test_by_a_page_achol_is_texted_its_address_and_who_pays_there_is_credited(orange_by, parts: Parts) -> None:
    with orange_by("webpay") as desk:
        intent = desk.ask_for()
        desk.request()
        (text,) = texts_to(parts, ACHOL)
        assert text[0] == "pay_by_link"
        link = desk.intent(intent)["payment_url"]
        assert link in text[1]
        assert requests.get(link, timeout=5).ok
        token = desk.intent(intent)["provider_token"].partition(":")[2]
        desk.control("decide", msisdn=COUSIN, decision="approve", token=token)
        for _ in range(3):
            desk.later(seconds=20)
        assert desk.state(intent) == "paid"
        assert desk.balance() == 500_00


def test_a_page_nobody_comes_to_ends_and_may_be_tried_again(orange_by, parts: Parts) -> None:
    with orange_by("webpay") as desk:
        intent = desk.ask_for()
        desk.request()
        for _ in range(20):
            desk.later(minutes=1)
        assert desk.state(intent) == "expired"
        assert desk.later(days=1) == []
        again = desk.ask_for()
        assert again != intent


def test_without_a_rate_for_the_day_nobody_is_asked(orange_by, parts: Parts) -> None:
    with orange_by("omcore") as desk:
        parts.clock.advance(days=90)
        with pytest.raises(NoExchangeRate):
            desk.ask_for()
    assert count(parts, "payment_intent") == 0
