"""What staff do with payouts, in a word each."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import text

from core.clock import FixedClock
from core.customers.queries import account
from core.days import juba_day
from core.money import Money
from core.parts import Parts
from core.payments.evidence import Evidence
from core.payouts.approve_payout import approve_payout, take_nothing_back
from core.payouts.ask_payout import Asked, Way, ask_payout
from core.payouts.ask_refund import ask_refund
from core.payouts.owner_terms import set_owner_terms, terms_on
from core.payouts.record_owner_sale import record_owner_sale
from core.payouts.settle_owner import Settled, settle_owner
from core.tokens.sell_token import sell_token
from tests.town import Town

_keys = itertools.count(1)
PLATFORM = "http://momo.test"
ROLES = {"mary": "manager", "rose": "cashier", "rebecca": "admin"}


def ssp(pounds: int | str) -> Money:
    return Money.of(pounds, "SSP")


class Paying:
    """Mary is the manager; Rose, a cashier, and Rebecca, an admin, stand beside her here as ids of the same table."""

    def __init__(self, parts: Parts, town: Town, platform: str = PLATFORM) -> None:
        self.parts = parts
        self.town = town
        self.platform = platform
        with parts.db.transaction() as tx:
            for username, role in (("rose", "cashier"), ("rebecca", "admin")):
                town.staff[username] = tx.execute(
                    text("""INSERT INTO staff_member (username, name, role, language, password_hash, session_mark, active,
                                added_at) VALUES (:name, initcap(:name), :role, 'en', '-', '-', true, :now)
                            RETURNING id"""),
                    {"name": username, "role": role, "now": self.now},
                ).scalar_one()

    @property
    def now(self) -> Any:
        return self.parts.clock.now()

    def later(self, **by: float) -> None:
        assert isinstance(self.parts.clock, FixedClock)
        self.parts.clock.advance(**by)

    def does(self, verb: Callable[..., Any], **values: Any) -> Any:
        return self.parts.db.run(lambda tx: verb(tx, **values))

    def who(self, name: str) -> dict[str, Any]:
        return {"staff_id": self.town.staff[name], "role": ROLES[name]}

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.parts.db.reading() as connection:
            return list(connection.execute(text(query), values))

    def stands(self, code: str) -> Money:
        """The balance of an account of the books."""
        (row,) = self.rows(
            """SELECT coalesce(sum(p.amount_minor), 0)::bigint AS minor FROM ledger_account a
               LEFT JOIN ledger_posting p ON p.account_id = a.id WHERE a.code = :code""",
            code=f"{code}:SSP",
        )
        return Money(row.minor, "SSP")

    def payout(self, payout_id: int) -> Any:
        (row,) = self.rows("SELECT * FROM payout WHERE id = :id", id=payout_id)
        return row

    def state(self, payout_id: int) -> str:
        return str(self.payout(payout_id).state)

    def moves(self, payout_id: int) -> list[str]:
        return [
            row.to_state
            for row in self.rows("SELECT * FROM payout_move WHERE payout_id = :id ORDER BY id", id=payout_id)
        ]

    # Money to Achol's phone out of her balance, and what came back

    def asks(
        self, pounds: int, by: str = "mary", *, way: Way | None = None, key: str | None = None, **more: Any
    ) -> Asked:
        found: Asked = self.does(
            ask_payout,
            request_key=key or f"payout-{next(_keys)}",
            way=way or Way("by_hand"),
            customer_id=self.town.achol.customer_id,
            source=f"wallet:{self.town.achol.number}",
            amount=ssp(pounds),
            reason="she moves away",
            now=self.now,
            ids=self.parts.ids,
            **self.who(by),
            **more,
        )
        return found

    def approves(self, payout_id: int, by: str = "mary", take_back: Any = take_nothing_back) -> str:
        return str(self.does(approve_payout, payout_id=payout_id, now=self.now, take_back=take_back, **self.who(by)))

    def refunds(self, receipt: str, pounds: int, by: str = "mary", key: str | None = None) -> Asked:
        found: Asked = self.does(
            ask_refund,
            request_key=key or f"refund-{next(_keys)}",
            receipt_number=receipt,
            amount=ssp(pounds),
            reason="paid twice",
            platform=self.platform,
            now=self.now,
            ids=self.parts.ids,
            **self.who(by),
        )
        return found

    def last_receipt(self) -> str:
        (row,) = self.rows("SELECT number FROM receipt ORDER BY id DESC LIMIT 1")
        return str(row.number)

    # Deng's hotspots

    def agrees(
        self, commission: float = 20, withheld: float = 10, phone: str | None = None, day: date | None = None
    ) -> None:
        self.does(
            set_owner_terms,
            owner_id=self.town.deng.customer_id,
            from_day=day or juba_day(self.now),
            commission_millionths=int(commission * 10_000),
            withholding_millionths=int(withheld * 10_000),
            payout_phone=phone or self.town.deng.main_phone,
            staff_id=self.town.staff["mary"],
            now=self.now,
        )

    def sells(self, plan: str = "1D") -> int:
        """A token at a hotspot of Deng's, from Achol's balance."""
        key = f"sale-{next(_keys)}"
        return int(
            self.parts.db.run(
                lambda tx: sell_token(
                    tx,
                    request_key=key,
                    buyer=account(tx.connection, self.town.achol.customer_id),
                    recipient_phone=self.town.achol.main_phone,
                    hotspot_id=self.town.hotspots["Juba Town Wi-Fi"],
                    plan_version_id=self.town.plans[plan],
                    now=self.now,
                    ids=self.parts.ids,
                    sealer=self.parts.sealer,
                )
            ).token_id
        )

    def owner_took(self, price: Money, paid_by: str = "owner_cash") -> None:
        """Deng sold something himself: for cash in his own hand, or by us."""

        def work(tx: Any) -> None:
            terms = terms_on(tx.connection, self.town.deng.customer_id, juba_day(self.now))
            assert terms is not None
            record_owner_sale(tx, key=f"own-{next(_keys)}", terms=terms, price=price, paid_by=paid_by, now=self.now)

        self.parts.db.run(work)

    def settles(self, by: str | None = None, key: str | None = None) -> Settled | None:
        found: Settled | None = self.does(
            settle_owner,
            request_key=key or f"settlement-{next(_keys)}",
            owner_id=self.town.deng.customer_id,
            platform=self.platform,
            staff_id=self.town.staff[by] if by else None,
            now=self.now,
            ids=self.parts.ids,
        )
        return found

    def of_deng(self, kind: str) -> Money:
        return self.stands(f"{kind}:{self.town.deng.number}")


SEEN = Evidence("MTN's portal shows it, printed and signed")
