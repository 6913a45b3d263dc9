"""Making cards: up to a hundred thousand at once, streamed. They are good for nothing before they are sold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, text

from core.db.copy import copy_rows
from core.db.engine import Transaction
from core.errors import CardsOutOfRange, KeyReused, NoHotspot
from core.ids import Ids, with_check_digit
from core.money import Money
from core.sealing import Sealer
from core.tokens.card_models import TokenBatch, TokenCard
from core.tokens.models import Hotspot
from core.tokens.typed_code import CODE_CHARS

CARDS_MAX: Final = 100_000
DRAWN_AT_ONCE: Final = 500
READ_AT_ONCE: Final = 2_000
MAKING_TIMEOUT_S: Final = 300


@dataclass(frozen=True, slots=True)
class MadeBatch:
    """A batch made. `again`: the same request had been served before."""

    batch_id: int
    again: bool


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes cards: a member of staff, or a Wi-Fi owner (a customer)."""

    staff_id: int | None = None
    customer_id: int | None = None


def make_batch(
    tx: Transaction,
    *,
    request_key: str,
    hotspot_id: int,
    plan_version_id: int,
    price: Money,
    cards: int,
    campaign: str | None,
    maker: Maker,
    now: datetime,
    ids: Ids,
    sealer: Sealer,
) -> MadeBatch:
    """Make cards for a network, once per request. Memory does not grow with how many.

    That two of all codes are alike has a chance of one in 10^12 with a million of them; the database would refuse it.

    Raises:
        CardsOutOfRange: none, or more than `CARDS_MAX`.
        NoHotspot: the network is closed, or nothing is known of its router.
        KeyReused: the same key asked for other cards before.
    """
    terms = {
        "hotspot_id": hotspot_id, "plan_version_id": plan_version_id, "price_minor": price.minor,
        "currency": price.currency, "cards": cards, "campaign": campaign, "made_by": maker.staff_id,
        "maker_id": maker.customer_id,
    }  # fmt: skip
    tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"token_batch:{request_key}"})
    before = tx.execute(select(TokenBatch.__table__).where(TokenBatch.request_key == request_key)).mappings().first()
    if before is not None:
        if {name: before[name] for name in terms} != terms:
            raise KeyReused(key=request_key)
        return MadeBatch(before["id"], again=True)
    if not 1 <= cards <= CARDS_MAX:
        raise CardsOutOfRange(cards=CARDS_MAX)
    is_open = select(Hotspot.id).where(
        Hotspot.id == hotspot_id, Hotspot.closed_at.is_(None), Hotspot.router_id.is_not(None)
    )
    if tx.execute(is_open).first() is None:
        raise NoHotspot
    row = insert(TokenBatch).values(request_key=request_key, made_at=now, **terms)
    batch_id = int(tx.execute(row.returning(TokenBatch.id)).scalar_one())
    tx.execute(text(f"SET LOCAL statement_timeout = '{MAKING_TIMEOUT_S}s'"))
    copy_rows(tx, "token_card", ("batch_id", "serial", "lookup", "sealed"), _cards(batch_id, cards, ids, sealer))
    return MadeBatch(batch_id, again=False)


def _cards(batch_id: int, cards: int, ids: Ids, sealer: Sealer) -> Iterator[tuple[int, int, bytes, bytes]]:
    codes, drawn, at = sealer.codes, "", 0
    for serial in range(1, cards + 1):
        if at == len(drawn):
            drawn, at = ids.typeable(CODE_CHARS * min(DRAWN_AT_ONCE, cards - serial + 1)), 0
        code = drawn[at : at + CODE_CHARS]
        at += CODE_CHARS
        yield batch_id, serial, codes.lookup(code), codes.seal(code, place=_place(batch_id, serial))


def codes_of_batch(
    connection: Connection, *, batch_id: int, sealer: Sealer, first: int = 1, last: int = CARDS_MAX
) -> Iterator[tuple[int, str]]:
    """Serials and codes of the cards of a range that are still good, in order, to be printed. Read in pieces."""
    while True:
        rows = connection.execute(
            select(TokenCard.serial, TokenCard.sealed)
            .where(
                TokenCard.batch_id == batch_id,
                TokenCard.serial.between(first, last),
                TokenCard.token_id.is_(None),
                TokenCard.voided_at.is_(None),
            )
            .order_by(TokenCard.serial)
            .limit(READ_AT_ONCE)
        ).all()
        for row in rows:
            yield row.serial, sealer.codes.open(row.sealed, place=_place(batch_id, row.serial))
        if len(rows) < READ_AT_ONCE:
            return
        first = rows[-1].serial + 1


def card_number(batch_id: int, serial: int) -> str:
    """What is printed on a card to tell it from others: `12-004511`. Its last digit checks those before it."""
    checked = with_check_digit(int(f"{batch_id}{serial:06}"))
    return f"{batch_id}-{serial:06}{checked[-1]}"


def _place(batch_id: int, serial: int) -> str:
    return f"{batch_id}:{serial}"
