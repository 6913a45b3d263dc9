"""Cards of a batch on paper: the sheet goes to typst as data, and the same cards give the same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import segno
import typst

from core.catalog.plan_words import plan_words
from core.documents.pdf import fonts
from core.documents.speech import Free, own, told
from core.languages import Language
from core.languages import marked as _
from core.tokens.batch_views import BatchView
from core.tokens.make_batch import card_number
from core.tokens.typed_code import code_printed

CardPaper = Literal["a4", "roll"]
CARD_PAPERS: Final[tuple[CardPaper, ...]] = ("a4", "roll")
CARDS_A_SHEET: Final = 24
SHEETS_A_FILE: Final = 20  # half a second, and a few megabytes of memory
CARDS_A_FILE: Final = CARDS_A_SHEET * SHEETS_A_FILE
_FOLDER: Final = Path(__file__).parent
TEMPLATE: Final = _FOLDER / "card_sheet.typ"
# Any of the eight masks is read; trying all of them to choose the best takes six times as long as all the rest.
_MASK: Final = 4


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is drawn: its number, its code in groups, and the square (QR, as SVG) of its link."""

    number: str
    code: str
    square: str


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


def square(link: str) -> str:
    """A link as a QR code (ISO/IEC 18004, level M: 15 % may be dirty), in SVG; about a millisecond."""
    drawn = io.BytesIO()
    segno.make(link, micro=False, error="m", boost_error=False, mask=_MASK).save(
        drawn, kind="svg", border=4, xmldecl=False, omitsize=True
    )
    return drawn.getvalue().decode()


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
                square(card_link(public_url, batch.hotspot_code, code)),
            )
            for serial, code in codes
        ),
    )


def _sold(batch: BatchView, language: Language) -> str:
    plan = Free(plan_words(language, batch.duration_s, batch.data_bytes))
    return told(language, _("{plan}: {price}"), plan=plan, price=batch.price) if batch.price else own(language, plan)


def card_pdf(sheet: CardSheet) -> bytes:
    """Cards as PDF; about 10 ms a sheet, beside their squares."""
    data = json.dumps(asdict(sheet), ensure_ascii=False, sort_keys=True)
    return typst.compile(
        str(TEMPLATE),
        root=str(_FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"sheet": data},
        pdf_tags=False,
    )
