"""Cards of a batch on paper: the sheet goes to the press as data, and the same cards give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from core.catalog.plan_words import plan_words
from core.documents.press import drawn_apart
from core.documents.speech import Free, own, told
from core.languages import Language
from core.languages import marked as _
from core.tokens.batch_views import BatchView
from core.tokens.make_batch import card_number
from core.tokens.typed_code import code_printed

CardPaper = Literal["a4", "roll"]
CARD_PAPERS: Final[tuple[CardPaper, ...]] = ("a4", "roll")
CARDS_A_SHEET: Final = 24
SHEETS_A_FILE: Final = 20  # a second, and 150 MB of the press while it draws
CARDS_A_FILE: Final = CARDS_A_SHEET * SHEETS_A_FILE


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is drawn: its number, its code in groups, and the link that its square (QR) says."""

    number: str
    code: str
    link: str


@dataclass(frozen=True, slots=True)
class CardSheet:
    """Cards of one batch and what stands on each: the network, what is sold for how much, and how to go in."""

    paper: CardPaper
    language: Language
    title: str
    network: str
    sold: str
    how: tuple[str, ...]
    cards: tuple[Card, ...]


def card_link(public_url: str, hotspot_code: int, code: str) -> str:
    """Where the square of a card leads: the page of its network.

    The code stands behind `#`, which a browser keeps to itself: it is in no log, neither ours nor one on the way.
    """
    return f"{public_url}/hotspot/{hotspot_code}#{code}"


def card_sheet(
    batch: BatchView,
    codes: Sequence[tuple[int, str]],
    *,
    paper: CardPaper,
    language: Language,
    public_url: str,
    service_code: str,
) -> CardSheet:
    """Cards of a batch by their serials and codes, in a language."""
    return CardSheet(
        paper=paper,
        language=language,
        title=f"{card_number(batch.batch_id, codes[0][0])}…{card_number(batch.batch_id, codes[-1][0])}",
        network=own(language, batch.ssid),
        sold=_sold(batch, language),
        how=(
            told(language, _("Join this Wi-Fi. Scan or type the code.")),
            told(language, _("No page? Dial {dial}."), dial=service_code),
        ),
        cards=tuple(
            Card(
                card_number(batch.batch_id, serial),
                code_printed(code),
                card_link(public_url, batch.hotspot_code, code),
            )
            for serial, code in codes
        ),
    )


def _sold(batch: BatchView, language: Language) -> str:
    plan = Free(plan_words(language, batch.duration_s, batch.data_bytes))
    return told(language, _("{plan}: {price}"), plan=plan, price=batch.price) if batch.price else own(language, plan)


def card_pdf(sheet: CardSheet) -> bytes:
    """Cards as PDF, drawn by the press: about 2 ms a card.

    Raises:
        PressError: it could not be drawn.
    """
    return drawn_apart(asdict(sheet))
