"""A small provider with monthly customers: tariffs, services, money, and days that pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from core.billing.begin_service import Begun, begin_service
from core.billing.draft import Issuer, issuer_of
from core.billing.money_came import Used, money_came
from core.billing.run import Run, bill_due
from core.cash.take_cash import take_cash
from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.clock import JUBA, FixedClock
from core.customers.queries import Account
from core.days import juba_day
from core.integrity import all_faults
from core.money import Money
from core.parts import Parts
from core.subscriptions.add import add_subscription
from core.subscriptions.states import By
from tests.town import Town


def ssp(pounds: int) -> Money:
    return Money.of(pounds, "SSP")


# code, alias, pay, billed_on, and what its first version says
TARIFFS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "HOME": (1, "postpaid", "anniversary", {"price": ssp(30_000)}),
    "OFFICE": (2, "postpaid", "first_of_month", {"price": ssp(90_000), "rental": ssp(5_000), "due_days": 10}),
    "BIGGER": (3, "postpaid", "anniversary", {"price": ssp(60_000), "down_kbps": 8_000}),
    "PREHOME": (4, "prepaid", "anniversary", {"price": ssp(30_000)}),
    "PREPLUS": (5, "prepaid", "anniversary", {"price": ssp(60_000), "down_kbps": 8_000}),
    "NGO": (6, "postpaid", "first_of_month", {"price": Money.of(100, "USD")}),
    "FULL": (
        8,
        "postpaid",
        "anniversary",
        {"price": ssp(30_000), "set_up": ssp(10_000), "deposit": ssp(25_000), "due_days": 7},
    ),
    "DATA": (
        7,
        "postpaid",
        "anniversary",
        {"price": ssp(20_000), "data_bytes": 50 * 10**9, "overage": ssp(500)},
    ),
}


@dataclass
class Provider:
    """What happens in stories of billing, in a word each. Days are Juba's; the clock stands at their noon."""

    parts: Parts
    town: Town
    clock: FixedClock
    issuer: Issuer

    def on(self, day: date | str, hour: int = 12) -> None:
        """Let it become this day."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        self.clock.at = datetime.combine(day, time(hour), JUBA).astimezone(UTC)

    @property
    def today(self) -> date:
        return juba_day(self.clock.now())

    def by(self, why: str = "the customer asked") -> By:
        return By(self.clock.now(), why, self.town.staff["mary"])

    def does(self, verb: Callable[..., Any], **values: Any) -> Any:
        """A verb in a transaction of its own."""
        return self.parts.db.run(lambda tx: verb(tx, **values))

    def begins(self, tariff: str, who: Account | None = None) -> int:
        """A service ordered and installed today; its id."""
        who = who or self.town.achol

        def work(tx: Any) -> int:
            added = add_subscription(
                tx,
                customer_id=who.customer_id,
                tariff_code=tariff,
                router_id=self.town.routers["juba-town"],
                place="Hai Malakal, block 4",
                by=self.by("ordered at the counter"),
            )
            begun: Begun = begin_service(
                tx,
                subscription_id=added.subscription_id,
                by=self.by("installed"),
                issuer=self.issuer,
                ids=self.parts.ids,
                sealer=self.parts.sealer,
            )
            assert begun.granted.grant_id
            return added.subscription_id

        return int(self.parts.db.run(work))

    def pays(self, pounds: int, who: Account | None = None, invoice_id: int | None = None) -> Used:
        """Cash over the counter, and what it does."""
        who = who or self.town.achol
        key = str(self.parts.ids.new_uuid())

        def work(tx: Any) -> Used:
            taken = take_cash(
                tx,
                request_key=key,
                customer_id=who.customer_id,
                amount=ssp(pounds),
                staff_id=self.town.staff["mary"],
                now=self.clock.now(),
            )
            return money_came(
                tx,
                customer_id=who.customer_id,
                key=taken.receipt_number,
                issuer=self.issuer,
                now=self.clock.now(),
                invoice_id=invoice_id,
            )

        used: Used = self.parts.db.run(work)
        return used

    def bills(self, day: date | str | None = None) -> Run:
        """The billing run for a day; today's if none is named."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return bill_due(self.parts.db, day=day or self.today, issuer=self.issuer, now=self.clock.now())

    def bills_daily_until(self, last: date | str) -> None:
        """One day after another, each with its run."""
        last = date.fromisoformat(last) if isinstance(last, str) else last
        while self.today < last:
            self.on(self.today + timedelta(days=1))
            self.bills()

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.parts.db.reading() as connection:
            return list(connection.execute(text(query), values))

    def invoices(self, who: Account | None = None) -> list[Any]:
        """A customer's documents: number, kind, day, period, net, tax, total and what is due, in pounds."""
        who = who or self.town.achol
        return self.rows(
            "SELECT i.id, i.series || '-' || i.year || '-' || lpad(i.number::text, 6, '0') AS number, i.kind,"
            " i.issued_on, i.due_on, i.period_from, i.period_next, i.net_minor / 100.0 AS net,"
            " i.tax_minor / 100.0 AS tax, i.total_minor / 100.0 AS total, d.due_minor / 100.0 AS due"
            " FROM invoice i LEFT JOIN invoice_due d ON d.invoice_id = i.id WHERE i.customer_id = :who ORDER BY i.id",
            who=who.customer_id,
        )

    def lines(self, invoice_id: int) -> list[Any]:
        return self.rows(
            "SELECT kind, from_day, next_day, amount_minor / 100.0 AS amount, facts FROM invoice_line"
            " WHERE invoice_id = :id ORDER BY position",
            id=invoice_id,
        )

    def service(self, subscription_id: int) -> Any:
        (row,) = self.rows("SELECT * FROM subscription WHERE id = :id", id=subscription_id)
        return row

    def access(self, subscription_id: int) -> Any:
        (row,) = self.rows(
            "SELECT g.status, g.down_kbps, g.up_kbps, p.wanted FROM subscription s JOIN access_grant g"
            " ON g.id = s.grant_id JOIN placement p ON p.grant_id = g.id WHERE s.id = :id",
            id=subscription_id,
        )
        return row

    def balance(self, who: Account | None = None) -> Money:
        return self.town.balance(who or self.town.achol)

    def agrees(self) -> None:
        with self.parts.db.reading() as connection:
            assert all_faults(connection, self.clock.now()) == []


def found(parts: Parts, town: Town, clock: FixedClock) -> Provider:
    """1 November 2026: tariffs on sale, nobody connected yet. Prices are before the excise of 20 %."""
    here = Provider(parts, town, clock, issuer_of(parts.settings))
    here.on("2026-11-01")
    return here


def put_on_sale(here: Provider) -> None:
    """The tariffs of these stories."""
    with here.parts.db.transaction() as tx:
        for code, (alias, pay, billed_on, terms) in TARIFFS.items():
            open_tariff(
                tx,
                code=code,
                alias=alias,
                name_en=code.title(),
                name_ar=f"باقة {alias}",
                pay=pay,
                billed_on=billed_on,
            )
            set_tariff_version(
                tx,
                code=code,
                terms=NewTerms(**({"down_kbps": 4_000, "up_kbps": 1_000} | terms)),
                valid_from=date(2026, 1, 1),
                staff_id=here.town.staff["mary"],
                now=here.clock.now(),
            )
