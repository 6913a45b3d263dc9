"""Taking a token back for a reason, and giving back its price by the means it was paid; our commission is undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, text

from core.access.change import end
from core.access.models import AccessGrant
from core.db.engine import Transaction
from core.errors import InsufficientBalance, NotFound, NotPossibleNow, ReasonMissing
from core.ledger.accounts import open_account
from core.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from core.ledger.post import Posting, post
from core.ledger.reverse import reverse
from core.money import Money
from core.network.place import place
from core.tokens.models import Token, TokenRevocation

# What was paid stands at the token it was before it was moved.
_FIRST: Final = text("""
    WITH RECURSIVE line AS (
      SELECT id, moved_from_id, origin, entry_id, price_minor, currency FROM token WHERE id = :token
      UNION ALL
      SELECT t.id, t.moved_from_id, t.origin, t.entry_id, t.price_minor, t.currency
      FROM token t JOIN line l ON t.id = l.moved_from_id
    )
    SELECT * FROM line WHERE moved_from_id IS NULL
""")


@dataclass(frozen=True, slots=True)
class Revoked:
    """What goes back, and how: into the `wallet`, as `owner_cash` by who took the notes, or `nothing`."""

    means: str
    refund: Money


def revoke_token(
    tx: Transaction, *, token_id: int, staff_id: int | None, seller_id: int | None, why: str, refund: bool,
    now: datetime,
) -> Revoked:  # fmt: skip
    """End a token for good; whoever is online with it is sent off. With `refund` its whole price goes back.

    What a wallet paid goes back into it; what was paid in notes, who took them hands back.

    Raises:
        NotFound: no such token.
        NotPossibleNow: it is over already; or, to be refunded, it came from a card, whose price is its batch's.
        ReasonMissing: nobody said why.
    """
    if not why.strip():
        raise ReasonMissing
    row = tx.execute(
        select(Token.grant_id, AccessGrant.status)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .where(Token.id == token_id)
        .with_for_update(of=AccessGrant)
    ).first()
    if row is None:
        raise NotFound(what="token")
    first = tx.execute(_FIRST, {"token": token_id}).one()
    if refund and first.origin == "card":
        raise NotPossibleNow(what="token", state="card")
    if not end(tx, grant_id=row.grant_id, now=now):
        raise NotPossibleNow(what="token", state=row.status)
    place(tx, grant_id=row.grant_id, wanted="disabled", now=now)
    revoked = _give_back(tx, first, why, now) if refund else Revoked("nothing", Money(0, first.currency))
    tx.execute(
        insert(TokenRevocation).values(
            token_id=token_id,
            revoked_at=now,
            staff_id=staff_id,
            seller_id=seller_id,
            why=why.strip()[:200],
            means=revoked.means,
            refund_minor=revoked.refund.minor,
            currency=revoked.refund.currency,
        )
    )
    return revoked


def _give_back(tx: Transaction, first: Any, why: str, now: datetime) -> Revoked:
    price = Money(first.price_minor, first.currency)
    if not price.minor:
        return Revoked("nothing", price)
    _undo_share(tx, first.id, why, now)
    if first.entry_id is None:
        return Revoked("owner_cash", price)
    reverse(tx, entry_id=first.entry_id, now=now, reason=why)
    return Revoked("wallet", price)


def _undo_share(tx: Transaction, token_id: int, why: str, now: datetime) -> None:
    """Undo what the sale gave the owner and us.

    A share that was paid out since, the owner owes; commission of theirs that was netted since is due to them.
    """
    key = f"owner_sale:token:{token_id}"
    entry_id = tx.execute(select(LedgerEntry.id).where(LedgerEntry.key == key)).scalar()
    if entry_id is None:
        return
    netted = _commission_netted(tx, entry_id)
    try:
        if not netted:
            with tx.connection.begin_nested():
                reverse(tx, entry_id=entry_id, now=now, reason=why)
            return
    except InsufficientBalance:
        pass
    post(
        tx,
        key=f"owner_sale_undone:{token_id}",
        kind="owner_sale_undone",
        occurred_at=now,
        now=now,
        postings=netted or _owed(tx, entry_id),
        memo={"reason": why, "undoes": entry_id},
    )


def _commission_netted(tx: Transaction, entry_id: int) -> list[Posting]:
    """How the commission of a cash sale goes back of which the owner owes less by now; nothing where they still do."""
    legs = _legs(tx, entry_id)
    pocket = next((leg for leg in legs if leg.code.startswith("owner_owes:")), None)
    if pocket is None:
        return []
    balance = select(LedgerAccount.balance_minor).where(LedgerAccount.id == pocket.account_id).with_for_update()
    owed, back = -tx.execute(balance).scalar_one(), -pocket.amount_minor
    if owed >= back:
        return []
    (ours,) = [leg.account_id for leg in legs if leg.amount_minor > 0]
    due = open_account(tx, pocket.code.replace("owner_owes", "owner_due").rsplit(":", 1)[0], pocket.currency)
    parts = ((pocket.account_id, owed), (due, back - owed))
    return [Posting(ours, account, Money(minor, pocket.currency)) for account, minor in parts if minor > 0]


def _owed(tx: Transaction, entry_id: int) -> list[Posting]:
    legs = _legs(tx, entry_id)
    (sales,) = [leg.account_id for leg in legs if leg.amount_minor < 0]
    owed = []
    for leg in legs:
        if leg.amount_minor > 0:
            room, number = leg.code.split(":")[:2]
            source = open_account(tx, f"owner_owes:{number}", leg.currency) if room == "owner_share" else leg.account_id
            owed.append(Posting(source, sales, Money(leg.amount_minor, leg.currency)))
    return owed


def _legs(tx: Transaction, entry_id: int) -> list[Any]:
    query = (
        select(LedgerAccount.code, LedgerPosting.account_id, LedgerPosting.amount_minor, LedgerPosting.currency)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.entry_id == entry_id)
    )
    return list(tx.execute(query))
