"""Papers as pictures. `python -m tests.core.documents.pictures` draws the golden ones anew; with a folder, all of them."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from dataclasses import asdict
from pathlib import Path

import typst

from core.documents import pdf as drawing
from core.documents.card_sheet import Card, CardPaper, CardSheet
from core.documents.press import CARD_TEMPLATE, fonts
from core.documents.sheet import Fact, Grid, Row, Sheet
from core.languages import Language
from tests.core.documents.samples import HOUSE, PAPERS

GOLDEN = Path(__file__).parent / "golden"
DOTS_PER_INCH = 60


def _golden(languages: tuple[str, ...]) -> Sheet:
    """A sheet whose words stand here, so that no change of a translation changes the picture."""

    def said(english: str, arabic: str) -> tuple[str, ...]:
        return tuple({"en": english, "ar": arabic}[language] for language in languages)

    return Sheet(
        paper="a4",
        languages=languages,
        title=said("Invoice", "فاتورة"),
        number="INV-2026-000123",
        mark=said("Paid in full", "مدفوعة بالكامل"),
        seller=("Shabaka", "Airport Road, Juba, South Sudan"),
        tin=said("TIN 104-233-871", "الرقم الضريبي \u2066104-233-871\u2069"),
        buyer=(
            Fact(said("Customer", "العميل"), said("\u2068منظمة النيل\u2069", "\u2068منظمة النيل\u2069"), strong=True),
            Fact(said("Account", "الحساب"), said("100017", "\u2066100017\u2069")),
        ),
        facts=(Fact(said("To be paid by", "تدفع حتى"), said("15/12/2026", "\u206615/12/2026\u2069"), strong=True),),
        tables=(
            Grid(
                said("#", "\u2066#\u2069"),
                said("What for", "البيان"),
                (said("Amount, SSP", "المبلغ بالجنيه"),),
                (
                    Row(
                        said("Office, 17 of 30 days at SSP 90,000", "مكتبي، \u206617\u2069 من \u206630\u2069 يوما"),
                        ("51,000.00",),
                        "1",
                        said("14/11/2026 to 30/11/2026", "من \u206614/11/2026\u2069 إلى \u206630/11/2026\u2069"),
                    ),
                    Row(said("Discount", "تخفيض"), ("-1,500.25",), "2"),
                ),
            ),
        ),
        sums=(Row(said("Total, SSP", "الإجمالي بالجنيه"), ("49,500",), strong=True),),
        after=(),
        pay=(said("How to pay", "طريقة الدفع"), said("Dial *384*77#.", "اطلب \u2066*384*77#\u2069.")),
        notes=(said("Halves to even.", "الأنصاف إلى الزوجي."),),
        pages=said("Page {page} of {pages}", "صفحة {page} من {pages}"),
    )


_DARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 7"><path d="M1 1h5v5h-5zM2 2v3h3v-3z"/></svg>'


def _golden_cards(paper: CardPaper, language: Language) -> CardSheet:
    arabic = language == "ar"
    return CardSheet(
        paper=paper,
        language=language,
        title="12-0000015…12-0000031",
        network="\u2068شبكة Juba Town Wi-Fi\u2069",
        sold="\u20683 ساعات\u2069: \u2066300\u2069 جنيه" if arabic else "3 hours: SSP 300",
        how=("ادخل الشبكة.", "اطلب \u2066*384*77#\u2069.") if arabic else ("Join this Wi-Fi.", "Dial *384*77#."),
        cards=tuple(
            Card(number, code, "")
            for number, code in (
                ("12-0000015", "f7dm-eyxy-tjey-at"),
                ("12-0000028", "mmmm-wwww-mmmm-ww"),
                ("12-0000031", "rrrr-ffff-jjjj-tt"),
                ("12-0000044", "naw4-ehne-p3w3-jn"),
            )
        ),
    )


CARD_SHEETS = {
    "cards.en": _golden_cards("a4", "en"),
    "cards.ar": _golden_cards("a4", "ar"),
    "card-roll.ar": _golden_cards("roll", "ar"),
}
SHEETS = {"invoice.ar": _golden(("ar",)), "invoice.both": _golden(("en", "ar"))}


def picture(sheet: Sheet | CardSheet, dots_per_inch: int = DOTS_PER_INCH) -> list[bytes]:
    """A sheet's pages as PNG."""
    data = asdict(sheet)
    for card in data.get("cards", ()):
        card["square"] = _DARK
    pages = typst.compile(
        str(CARD_TEMPLATE if isinstance(sheet, CardSheet) else drawing.TEMPLATE),
        root=str(drawing.TEMPLATE.parent),
        font_paths=fonts(),
        ignore_system_fonts=True,
        format="png",
        ppi=dots_per_inch,
        sys_inputs={"sheet": json.dumps(data)},
    )
    return pages if isinstance(pages, list) else [pages]


def pixels(png: bytes) -> tuple[int, bytes]:
    """The row length and the bytes of a PNG of 8 bits a channel, as typst writes it."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) in {(8, 6), (8, 2)}
    size = 4 if colour == 6 else 3
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * size
    rows, above = bytearray(), bytearray(stride)
    for number in range(height):
        start = number * (stride + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, size)
        rows += above
    return stride, bytes(rows)


def _unfiltered(how: int, row: bytes, above: bytearray, size: int) -> bytearray:
    """One row without its filter (PNG specification, 9.2)."""
    out = bytearray(row)
    for at in range(len(out)):
        left = out[at - size] if at >= size else 0
        up, corner = above[at], above[at - size] if at >= size else 0
        nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
        out[at] = (out[at] + (0, left, up, (left + up) // 2, nearest)[how]) & 255
    return out


def main() -> None:
    """Draw."""
    if len(sys.argv) > 1:
        for name, paper in PAPERS.items():
            for language in ("en", "ar", "both"):
                for number, page in enumerate(picture(drawing.sheet_of(paper, language, HOUSE), 110), 1):
                    Path(sys.argv[1], f"{name}-{language}-{number}.png").write_bytes(page)
        return
    GOLDEN.mkdir(exist_ok=True)
    for name, sheet in (SHEETS | CARD_SHEETS).items():
        page, *_more = picture(sheet)
        (GOLDEN / f"{name}.png").write_bytes(page)


if __name__ == "__main__":
    main()
