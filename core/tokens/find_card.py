"""Finding a card by what is on it: its square as a scanner types it, its code in any spelling, or its number."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection, exists, select

from core.errors import NotFound
from core.ids import check_digit_is_right
from core.phones import western_digits
from core.sealing import Sealer
from core.tokens.card_models import TokenCard
from core.tokens.sell_cards import CardPlace, card_of_code
from core.tokens.typed_code import code_typed

SCANNED_CHARS_MAX: Final = 200  # a link with the longest address of ours
_NUMBER: Final = re.compile(r"(\d{1,12})\s*-\s*(\d{6})(\d)")


def find_card(connection: Connection, said: str, sealer: Sealer) -> CardPlace:
    """Where the card stands that was scanned, or typed in.

    Raises:
        NotFound: none of ours is meant, or its number was copied wrong.
    """
    place = _by_number(connection, western_digits(said).strip())
    if place is not None:
        return place
    code = code_typed(said.rpartition("#")[2])
    if code is None:
        raise NotFound(what="card")
    return card_of_code(connection, code, sealer)


def _by_number(connection: Connection, said: str) -> CardPlace | None:
    printed = _NUMBER.fullmatch(said)
    if printed is None or not check_digit_is_right(f"{int(printed[1])}{printed[2]}{printed[3]}"):
        return None
    place = CardPlace(int(printed[1]), int(printed[2]))
    query = exists().where(TokenCard.batch_id == place.batch_id, TokenCard.serial == place.serial)
    return place if connection.execute(select(query)).scalar() else None
