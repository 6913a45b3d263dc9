"""Taking cards back that nobody has typed: nobody is let in with them any more, and their price may be given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, text

from core.db.engine import Transaction
from core.errors import CardsNotThere, KeyReused, NotFound, ReasonMissing
from core.ledger.accounts import open_account
from core.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from core.ledger.post import Posting, post
from core.money import Money
from core.tokens.card_models import TokenBatch, TokenCardVoid
from core.tokens.models import Hotspot

# By sale: how many are taken back now, and how many of it were before. Who types one at this moment comes first or not.
_VOID: Final = text("""
    WITH void AS (
      UPDATE token_card SET voided_at = :now
      WHERE batch_id = :batch AND serial BETWEEN :first AND :last AND token_id IS NULL AND voided_at IS NULL
      RETURNING sale_id
    )
    SELECT v.sale_id, count(*) AS cards, s.price_minor, s.last_serial - s.first_serial + 1 AS of_sale,
           (SELECT count(*) FROM token_card k WHERE k.batch_id = :batch AND k.sale_id = v.sale_id
              AND k.voided_at IS NOT NULL) AS before
    FROM void v LEFT JOIN token_card_sale s ON s.id = v.sale_id
    GROUP BY v.sale_id, s.price_minor, s.first_serial, s.last_serial ORDER BY v.sale_id
""")


@dataclass(frozen=True, slots=True)
class CardsVoided:
    """So many cards were taken back, and what goes back by which means. `again`: it had been served before."""

    cards: int
    sold: int
    means: str
    refund: Money
    again: bool


def void_cards(
    tx: Transaction, *, request_key: str, batch_id: int, first: int, last: int, staff_id: int | None,
    seller_id: int | None, why: str, refund: bool, now: datetime,
) -> CardsVoided:  # fmt: skip
    """Take back those cards of a range that nobody has typed, once per request. With `refund` their price goes back.

    What a customer's balance paid goes back onto it; what was paid in notes, who took them hands back, and our
    commission of it is undone. Cards that are tokens by now stay: `core.tokens.revoke_token` is for these.

    Raises:
        ReasonMissing: nobody said why.
        NotFound: no such batch.
        CardsNotThere: the range goes beyond the batch, or none of it is left.
        KeyReused: the same key took other cards back before.
    """
    if not why.strip():
        raise ReasonMissing
    batch = tx.execute(
        select(TokenBatch.cards, TokenBatch.currency, Hotspot.owner_id)
        .join(Hotspot, Hotspot.id == TokenBatch.hotspot_id)
        .where(TokenBatch.id == batch_id)
        .with_for_update(of=TokenBatch)  # who sells of it, or takes back, follows
    ).first()
    if batch is None:
        raise NotFound(what="batch")
    terms = {
        "batch_id": batch_id, "first_serial": first, "last_serial": last, "staff_id": staff_id,
        "seller_id": seller_id,
    }  # fmt: skip
    of_request = select(TokenCardVoid.__table__).where(TokenCardVoid.request_key == request_key)
    before = tx.execute(of_request).mappings().first()
    if before is not None:
        if {name: before[name] for name in terms} != terms:
            raise KeyReused(key=request_key)
        back = Money(before["refund_minor"], before["currency"])
        return CardsVoided(before["cards"], before["sold"], before["means"], back, again=True)
    if not 1 <= first <= last <= batch.cards:
        raise CardsNotThere(first_card=first, last_card=last)
    rows = tx.execute(_VOID, {"batch": batch_id, "first": first, "last": last, "now": now}).all()
    if not rows:
        raise CardsNotThere(first_card=first, last_card=last)
    sales = [row for row in rows if row.sale_id is not None]
    back = Money(sum(row.price_minor * row.cards for row in sales) if refund else 0, batch.currency)
    means = "nothing" if not back else "owner_cash" if batch.owner_id is not None else "wallet"
    voided = CardsVoided(sum(row.cards for row in rows), sum(row.cards for row in sales), means, back, again=False)
    row = insert(TokenCardVoid).values(
        request_key=request_key, cards=voided.cards, sold=voided.sold, why=why.strip()[:200], means=means,
        refund_minor=back.minor, currency=back.currency, voided_at=now, **terms,
    )  # fmt: skip
    void_id = int(tx.execute(row.returning(TokenCardVoid.id)).scalar_one())
    for sale in sales:
        moves = _moves(tx, sale, means, batch.currency)
        if moves:
            post(
                tx,
                key=f"cards_void:{void_id}:{sale.sale_id}",
                kind="cards_voided",
                occurred_at=now,
                now=now,
                postings=moves,
                memo={"reason": why.strip()[:200], "void": void_id, "sale": sale.sale_id},
            )
    return voided


def _moves(tx: Transaction, sale: Any, means: str, currency: str) -> list[Posting]:
    """What moves in the books for the cards of one sale."""
    if means == "nothing" or not sale.price_minor:
        return []
    legs = _legs(tx, f"cards:{sale.sale_id}" if means == "wallet" else f"owner_sale:cards:{sale.sale_id}")
    if not legs:
        return []  # nothing of it was ours
    (payer,) = [leg for leg in legs if leg.amount_minor < 0]
    (ours,) = [leg for leg in legs if leg.amount_minor > 0]
    if means == "wallet":
        return [Posting(ours.account_id, payer.account_id, Money(sale.price_minor * sale.cards, currency))]
    # Of the commission as much as of the cards: all of them taken back, by and by, is all of it.
    gone = ours.amount_minor * (sale.before + sale.cards) // sale.of_sale
    back = gone - ours.amount_minor * sale.before // sale.of_sale
    balance = select(LedgerAccount.balance_minor).where(LedgerAccount.id == payer.account_id).with_for_update()
    owed = min(back, -tx.execute(balance).scalar_one())
    due = open_account(tx, payer.code.replace("owner_owes", "owner_due").rsplit(":", 1)[0], currency)
    parts = ((payer.account_id, owed), (due, back - owed))  # what was settled since is due to them
    return [Posting(ours.account_id, account, Money(minor, currency)) for account, minor in parts if minor > 0]


def _legs(tx: Transaction, key: str) -> list[Any]:
    query = (
        select(LedgerAccount.code, LedgerPosting.account_id, LedgerPosting.amount_minor)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(LedgerEntry.key == key)
    )
    return list(tx.execute(query))
