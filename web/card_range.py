"""Which cards a form means: by their serials, by the numbers on them, or by what was scanned into it."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from sqlalchemy import Connection

from core.errors import CardsNotThere, NotFound
from core.languages import marked as _
from core.phones import western_digits
from core.sealing import Sealer
from core.tokens.batch_views import BatchView
from core.tokens.find_card import SCANNED_CHARS_MAX, find_card
from core.tokens.sell_cards import CardPlace
from core.tokens.void_cards import CardsVoided
from web.forms import typed
from web.speech import ltr, t

SERIAL_CHARS_MAX: Final = 6


def card_range(connection: Connection, sealer: Sealer, batch: BatchView, *, whole: bool = False) -> tuple[int, int]:
    """The serials of the first and the last card meant. With `whole` a field left empty is that end of the batch.

    Raises:
        CardsNotThere: none are between them.
        NotFound: what was typed or scanned is no card of this batch.
    """
    said = [typed(name, SCANNED_CHARS_MAX) for name in ("first", "last")]
    ends = (1, batch.cards) if whole else (0, 0)
    first, last = (
        end if end and not one else _serial(connection, sealer, batch.batch_id, one)
        for one, end in zip(said, ends, strict=True)
    )
    if not 1 <= first <= last <= batch.cards:
        raise CardsNotThere(first_card=first, last_card=last)
    return first, last


def scanned_card(connection: Connection, sealer: Sealer) -> CardPlace:
    """The one card that was scanned.

    Raises:
        NotFound: it is none of ours.
    """
    return find_card(connection, typed("card", SCANNED_CHARS_MAX), sealer)


def voided_words(voided: CardsVoided) -> Markup:
    """What was taken back, in a sentence or two."""
    said = t(_("Cards taken back: {n}."), n=ltr(f"{voided.cards:,}"))
    if not voided.refund:
        return said
    if voided.means == "wallet":
        return said + " " + t(_("{amount} went back onto the balance that paid."), amount=voided.refund)
    return said + " " + t(_("Hand {amount} back in notes; our commission of it is undone."), amount=voided.refund)


def _serial(connection: Connection, sealer: Sealer, batch_id: int, said: str) -> int:
    plain = western_digits(said)
    if plain.isascii() and plain.isdigit() and len(plain) <= SERIAL_CHARS_MAX:
        return int(plain)
    place = find_card(connection, said, sealer)
    if place.batch_id != batch_id:
        raise NotFound(what="card")
    return place.serial
