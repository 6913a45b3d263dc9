"""Tokens from before codes were looked up (migration 0019) can be typed as one code once this has passed over them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from core.access.models import AccessGrant
from core.db.engine import Database, Transaction
from core.logs import log
from core.sealing import SealBrokenError, Sealer
from core.tokens.models import Token

LOG = log("tokens.lookups")
BATCH_MAX: Final = 500


def fill_lookups(db: Database, sealer: Sealer) -> int:
    """Write what tokens without one are found by. A card's token is found by its card.

    Returns how many. Resumable anywhere: each batch is its own transaction. An index holds those to be done.
    """
    filled, after = 0, 0
    while True:
        done, last = db.run(lambda tx, after=after: _fill_batch(tx, sealer, after))  # type: ignore[misc]
        filled += done
        if last is None:
            return filled
        after = last


def _fill_batch(tx: Transaction, sealer: Sealer, after: int) -> tuple[int, int | None]:
    rows = tx.execute(
        select(Token.id, AccessGrant.username, AccessGrant.password_sealed)
        .join(AccessGrant, AccessGrant.id == Token.grant_id)
        .where(Token.id > after, Token.lookup.is_(None), Token.origin != "card")
        .order_by(Token.id)
        .limit(BATCH_MAX)
        .with_for_update(of=Token, key_share=True, skip_locked=True)
    ).all()
    filled = 0
    for row in rows:
        try:
            lookup = sealer.codes.lookup(row.username + sealer.open(row.password_sealed))
        except SealBrokenError:
            LOG.error("a seal is broken", token=row.id)  # noqa: TRY400 - nothing more to know
            continue
        tx.execute(update(Token).where(Token.id == row.id).values(lookup=lookup))
        filled += 1
    return filled, rows[-1].id if len(rows) == BATCH_MAX else None
