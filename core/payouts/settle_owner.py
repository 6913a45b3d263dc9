"""Settling with a Wi-Fi owner: their shares against what they owe and the tax; the rest goes to their phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, select

from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import KeyReused, NotFound
from core.ids import Ids
from core.ledger.accounts import open_accounts
from core.ledger.models import LedgerAccount
from core.ledger.post import Posting, post
from core.money import Money
from core.payouts.approve_payout import approve_payout
from core.payouts.ask_payout import ask_payout, by_momo
from core.payouts.limits import SETTLED_ALONE_MOST, SETTLED_LEAST
from core.payouts.models import Payout, Settlement
from core.payouts.owner_terms import Terms, terms_on

_LOCK: Final = (
    select(LedgerAccount.id, LedgerAccount.balance_minor)
    .where(LedgerAccount.id.in_(bindparam("accounts", expanding=True)))
    .order_by(LedgerAccount.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Lines:
    """A settlement before it is written. `carried`: settled before, and not paid out."""

    shares: Money
    withheld: Money
    commission: Money
    carried: Money

    @property
    def net(self) -> Money:
        """What this settlement leaves; below nothing where what is owed is taken from what was carried."""
        return self.shares - self.withheld - self.commission

    @property
    def left(self) -> Money:
        """What is to be paid out."""
        return self.net + self.carried


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement in the books. `payout_id` None: nothing, or too little, is left to be paid."""

    settlement_id: int
    lines: Lines
    payout_id: int | None


def lines_of(*, shares: Money, owes: Money, carried: Money, withheld: Money) -> Lines:
    """Net what an owner owes against all that is theirs. What they owe beyond it stays owed."""
    return Lines(shares, withheld, min(owes, shares - withheld + carried), carried)


def settle_owner(
    tx: Transaction,
    *,
    request_key: str,
    owner_id: int,
    platform: str,
    staff_id: int | None,
    now: datetime,
    ids: Ids,
) -> Settled | None:
    """Settle all there is with an owner now, by today's terms. Once per `request_key`; None: there is nothing.

    Postings: the tax `owner_share → withheld:commission`, the rest of the shares `owner_share → owner_due`, and what
    is owed `owner_due → owner_owes`. What is left on `owner_due` is paid out to their phone: at once up to a limit,
    above it when a person approves; below `SETTLED_LEAST` it waits for the next time.

    Raises:
        NotFound: no terms are agreed with them.
        KeyReused: the key settled with another owner.
    """
    terms = terms_on(tx.connection, owner_id, juba_day(now))
    if terms is None:
        raise NotFound(what="owner terms")
    accounts = _accounts(tx, terms)
    balances = {row.id: int(row.balance_minor) for row in tx.execute(_LOCK, {"accounts": _theirs(accounts, terms)})}
    known = _settled_before(tx, request_key, owner_id)
    if known is not None:
        return known
    share, due, owes = (balances[account_id] for account_id in _theirs(accounts, terms))
    shares = Money(share, HOME_CURRENCY)
    lines = lines_of(
        shares=shares,
        owes=Money(-owes, HOME_CURRENCY),
        carried=Money(due, HOME_CURRENCY) - _waiting(tx, terms),
        withheld=terms.withheld(shares),
    )
    small = lines.left < SETTLED_LEAST
    if not lines.shares and not lines.commission and small:
        return None
    entry_id = _post(tx, request_key, terms, accounts, lines, now)
    payout_id = None if small else _pay(tx, request_key, terms, lines, platform, staff_id, now, ids)
    settlement_id = tx.execute(
        insert(Settlement)
        .values(
            request_key=request_key,
            owner_id=owner_id,
            until=now,
            currency=HOME_CURRENCY,
            shares_minor=lines.shares.minor,
            commission_minor=lines.commission.minor,
            withheld_minor=lines.withheld.minor,
            net_minor=lines.net.minor,
            carried_minor=lines.carried.minor,
            entry_id=entry_id,
            payout_id=payout_id,
            made_by=staff_id,
            made_at=now,
        )
        .returning(Settlement.id)
    ).scalar_one()
    return Settled(int(settlement_id), lines, payout_id)


def _accounts(tx: Transaction, terms: Terms) -> dict[str, int]:
    owner = terms.owner_number
    codes = [f"owner_share:{owner}", f"owner_due:{owner}", f"owner_owes:{owner}", "withheld:commission"]
    return open_accounts(tx, codes, HOME_CURRENCY)


def _theirs(accounts: dict[str, int], terms: Terms) -> list[int]:
    return [accounts[f"{kind}:{terms.owner_number}"] for kind in ("owner_share", "owner_due", "owner_owes")]


def _settled_before(tx: Transaction, request_key: str, owner_id: int) -> Settled | None:
    row = tx.execute(select(Settlement).where(Settlement.request_key == request_key)).mappings().first()
    if row is None:
        return None
    if row["owner_id"] != owner_id:
        raise KeyReused(key=request_key)
    lines = Lines(*(Money(row[f"{name}_minor"], row["currency"]) for name in Lines.__slots__))
    return Settled(row["id"], lines, row["payout_id"])


def _waiting(tx: Transaction, terms: Terms) -> Money:
    """What stands on the owner's account and is spoken for: payouts that wait for a person."""
    spoken_for = select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
        Payout.customer_id == terms.owner_id,
        Payout.source == f"owner_due:{terms.owner_number}",
        Payout.state == "waiting",
    )
    return Money(int(tx.execute(spoken_for).scalar_one()), HOME_CURRENCY)


def _post(
    tx: Transaction, request_key: str, terms: Terms, accounts: dict[str, int], lines: Lines, now: datetime
) -> int | None:
    share, due, owes = _theirs(accounts, terms)
    moves = [
        (share, accounts["withheld:commission"], lines.withheld),
        (share, due, lines.shares - lines.withheld),
        (due, owes, lines.commission),
    ]
    postings = [Posting(source, destination, amount) for source, destination, amount in moves if amount.minor > 0]
    if not postings:
        return None
    return post(
        tx,
        key=f"settlement:{request_key}",
        kind="settlement",
        occurred_at=now,
        now=now,
        postings=postings,
        memo={"owner": terms.owner_number},
    ).entry_id


def _pay(
    tx: Transaction,
    request_key: str,
    terms: Terms,
    lines: Lines,
    platform: str,
    staff_id: int | None,
    now: datetime,
    ids: Ids,
) -> int:
    """To the owner's phone. Nobody asks for it by hand: so one person is enough to approve what is above the limit."""
    asked = ask_payout(
        tx,
        request_key=f"settlement:{request_key}",
        way=by_momo(platform, terms.payout_phone),
        customer_id=terms.owner_id,
        source=f"owner_due:{terms.owner_number}",
        amount=lines.left,
        reason="settlement",
        staff_id=staff_id,
        role=None,
        now=now,
        ids=ids,
        alone_most=SETTLED_ALONE_MOST,
    )
    if lines.left <= SETTLED_ALONE_MOST:
        approve_payout(tx, payout_id=asked.payout_id, staff_id=None, role=None, now=now)
    return asked.payout_id
