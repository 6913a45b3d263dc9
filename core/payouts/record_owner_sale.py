"""Sharing a sale at an owner's hotspot: their share, our commission. Whoever took the money owes the other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.db.engine import Transaction
from core.ledger.accounts import open_accounts
from core.ledger.post import Posting, post
from core.money import Money
from core.payouts.owner_terms import Terms


def record_owner_sale(
    tx: Transaction, *, key: str, terms: Terms, price: Money, paid_by: Literal["company", "owner_cash"], now: datetime
) -> None:
    """Share a sale by the owner's terms of its day. Once per key.

    `company`: the price came to us, and stands on `sales:token`. The share leaves it for `owner_share:<number>`, the
    rest for `commission:tokens`: only that is our income. `owner_cash`: the price is in the owner's pocket, and never
    was ours. They owe us the commission, on `owner_owes:<number>`.

    Raises:
        KeyReused: the key stands for another sale.
    """
    commission = terms.commission(price)
    share = price - commission
    owner = terms.owner_number
    if paid_by == "company":
        moves = [("sales:token", f"owner_share:{owner}", share), ("sales:token", "commission:tokens", commission)]
    else:
        moves = [(f"owner_owes:{owner}", "commission:tokens", commission)]
    moves = [one for one in moves if one[2].minor > 0]
    if not moves:
        return
    codes = sorted({code for source, destination, _amount in moves for code in (source, destination)})
    accounts = open_accounts(tx, codes, price.currency)
    post(
        tx,
        key=f"owner_sale:{key}",
        kind="owner_sale",
        occurred_at=now,
        now=now,
        postings=[Posting(accounts[source], accounts[destination], amount) for source, destination, amount in moves],
        memo={"sale": key, "paid_by": paid_by},
    )
