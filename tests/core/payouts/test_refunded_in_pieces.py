"""What one person gives back alone is counted by the receipt: in pieces it comes to no more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from core.parts import Parts
from core.payouts.ask_refund import ask_refund
from tests.provider import ssp
from tests.town import Town


def test_a_cashier_gives_back_no_more_alone_in_pieces_than_at_once(parts: Parts, town: Town) -> None:
    town.give(town.achol, 10_000)

    def asks(tx: Any, number: int) -> int:
        receipt = tx.execute(text("SELECT number FROM receipt")).scalar_one()
        return ask_refund(
            tx,
            request_key=f"piece:{number}",
            receipt_number=receipt,
            amount=ssp(1_500),
            reason="paid twice",
            staff_id=town.staff["mary"],
            role="cashier",
            platform=None,
            now=parts.clock.now(),
            ids=parts.ids,
        ).payout_id

    needs = []
    for number in range(3):
        with parts.db.transaction() as tx:
            payout = asks(tx, number)
            query = text("SELECT needs_second FROM payout WHERE id = :id")
            needs.append(tx.execute(query, {"id": payout}).scalar_one())
    assert needs == [False, True, True]
