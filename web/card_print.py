"""Cards of a batch as a file to print: PDF, several of them packed together, or CSV. Made while it is sent.

Codes are opened piece by piece, on a connection that is given back before the piece is sent: a slow reader holds none,
and memory does not grow with the number of cards.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from flask import Response

from core.clock import JUBA
from core.documents.card_sheet import CARD_PAPERS, CARDS_A_FILE, CardPaper, card_link, card_pdf, card_sheet
from core.errors import CardsNotThere, NotPossibleNow
from core.languages import LANGUAGES, Language
from core.parts import Parts
from core.reports.cards_csv import cards_csv
from core.tokens.batch_views import BatchView
from core.tokens.make_batch import codes_of_batch
from web.card_range import card_range
from web.forms import typed

CardForm = Literal["a4", "roll", "csv"]
CARD_FORMS: Final[tuple[CardForm, ...]] = (*CARD_PAPERS, "csv")
LINES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be printed: cards of a range, in which form and language."""

    first: int
    last: int
    form: CardForm
    language: Language

    @property
    def facts(self) -> dict[str, str | int]:
        """For the trail."""
        return {"first": self.first, "last": self.last, "form": self.form}


def wish(parts: Parts, batch: BatchView) -> Wish:
    """What the form asks for.

    Raises:
        CardsNotThere, NotFound: cards that are not there.
        NotPossibleNow: a form or a language that no page of ours offers.
    """
    with parts.db.reading() as connection:
        first, last = card_range(connection, parts.sealer, batch, whole=True)
    form = next((one for one in CARD_FORMS if one == typed("form")), None)
    language = next((one for one in LANGUAGES if one == typed("language")), None)
    if form is None or language is None:
        raise NotPossibleNow(what="form", state="not offered")
    return Wish(first, last, form, language)


def card_response(parts: Parts, batch: BatchView, wish: Wish) -> Response:
    """The file, to be saved. Cards that were used or voided are left out.

    Raises:
        CardsNotThere: none are left.
    """
    pieces = _pieces(parts, batch, wish.first, wish.last)
    first = next(pieces, None)
    if first is None:
        raise CardsNotThere(first_card=wish.first, last_card=wish.last)
    pieces = _with(first, pieces)
    name = f"cards-{batch.batch_id}-{wish.first:06}-{wish.last:06}"
    if wish.form == "csv":
        return _file(_csv(parts, batch, pieces), f"{name}.csv", "text/csv; charset=utf-8")
    if wish.last - wish.first < CARDS_A_FILE:
        return _file(iter([_pdf(parts, batch, wish, first)]), f"{name}.pdf", "application/pdf")
    return _file(_packed(parts, batch, wish, pieces), f"{name}.zip", "application/zip")


Codes = list[tuple[int, str]]


def _pieces(parts: Parts, batch: BatchView, first: int, last: int) -> Iterator[Codes]:
    """Serials and codes, as many at once as stand in a file."""
    for begin in range(first, last + 1, CARDS_A_FILE):
        end = min(last, begin + CARDS_A_FILE - 1)
        with parts.db.reading() as connection:
            codes = list(
                codes_of_batch(connection, batch_id=batch.batch_id, sealer=parts.sealer, first=begin, last=end)
            )
        if codes:
            yield codes


def _with(first: Codes, rest: Iterator[Codes]) -> Iterator[Codes]:
    yield first
    yield from rest


def _csv(parts: Parts, batch: BatchView, pieces: Iterator[Codes]) -> Iterator[bytes]:
    url, gathered = parts.settings.public_url, []
    cards = ((serial, code, card_link(url, batch.hotspot_code, code)) for codes in pieces for serial, code in codes)
    for one in cards_csv(batch, cards):
        gathered.append(one)
        if len(gathered) == LINES_AT_ONCE:
            yield "".join(gathered).encode()
            gathered = []
    yield "".join(gathered).encode()


def _pdf(parts: Parts, batch: BatchView, wish: Wish, codes: Codes) -> bytes:
    paper: CardPaper = "roll" if wish.form == "roll" else "a4"
    settings = parts.settings
    return card_pdf(
        card_sheet(
            batch,
            codes,
            paper=paper,
            language=wish.language,
            public_url=settings.public_url,
            service_code=settings.service_code,
        )
    )


def _packed(parts: Parts, batch: BatchView, wish: Wish, pieces: Iterator[Codes]) -> Iterator[bytes]:
    """A file of files, as each is drawn. They are packed already: nothing is gained by packing them again."""
    sink = _Sink()
    made_at = parts.clock.now().astimezone(JUBA).timetuple()[:6]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for codes in pieces:
            name = f"cards-{batch.batch_id}-{codes[0][0]:06}-{codes[-1][0]:06}.pdf"
            archive.writestr(zipfile.ZipInfo(name, made_at), _pdf(parts, batch, wish, codes))
            yield sink.drained()
    yield sink.drained()


class _Sink(io.RawIOBase):
    """Where the archive is written to, to be sent at once: it cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(data)

    def drained(self) -> bytes:
        """What was written since."""
        held, self._held = bytes(self._held), bytearray()
        return held


def _file(content: Iterator[bytes], name: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"  # codes stand in it
    return response
