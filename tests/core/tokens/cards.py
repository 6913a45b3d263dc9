"""Cards of a story: made, sold and typed."""

from __future__ import annotations

from typing import Any

from core.money import Money
from core.tokens.guesses import Typist
from core.tokens.make_batch import MadeBatch, Maker, codes_of_batch, make_batch
from core.tokens.redeem import Redeemed, redeem
from core.tokens.sell_cards import CardsSold, sell_cards
from tests.town import Town


class Cards:
    """What Deng's cards go through."""

    def __init__(self, town: Town) -> None:
        self.town, self.parts = town, town.parts

    def make(self, cards: int = 10, key: str = "print", **changes: Any) -> MadeBatch:
        asked = {
            "hotspot_id": self.town.hotspots["Juba Town Wi-Fi"], "plan_version_id": self.town.plans["1H"],
            "price": Money.of(300, "SSP"), "campaign": None, "maker": Maker(customer_id=self.town.deng.customer_id),
        } | changes  # fmt: skip
        parts = self.parts
        return parts.db.run(
            lambda tx: make_batch(
                tx, request_key=key, cards=cards, now=parts.clock.now(), ids=parts.ids, sealer=parts.sealer, **asked
            )
        )

    def codes(self, batch_id: int, **which: int) -> list[str]:
        with self.parts.db.reading() as connection:
            found = codes_of_batch(connection, batch_id=batch_id, sealer=self.parts.sealer, **which)
            return [code for _serial, code in found]

    def sell(self, batch_id: int, first: int, last: int, key: str = "counter", **changes: Any) -> CardsSold:
        asked = {"seller_id": self.town.deng.customer_id, "staff_id": None, "for_nothing": False} | changes
        now = self.parts.clock.now()
        return self.parts.db.run(
            lambda tx: sell_cards(tx, request_key=key, batch_id=batch_id, first=first, last=last, now=now, **asked)
        )

    def type(self, typed: str, **by: str) -> Redeemed:
        parts = self.parts
        return redeem(
            parts.db, typed=typed, typist=Typist(**by), now=parts.clock.now(), ids=parts.ids, sealer=parts.sealer
        )

    def one(self, **changes: Any) -> str:
        """The code of a card that was sold."""
        batch = self.make(1, key=f"print {changes}", **changes).batch_id
        (code,) = self.codes(batch)
        self.sell(batch, 1, 1, key=f"counter {batch}")
        return code
