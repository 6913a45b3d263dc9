"""The press: fonts of papers, and cards drawn in a process of their own. Imports little: it is started for each file.

Typst keeps what it drew for the next time, as cards never are the same: hundreds of megabytes after some files. And a
thousand squares take a second in which Python does nothing else. So neither happens in the process that answers hops.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
import typst

_FOLDER: Final = Path(__file__).parent
FONTS: Final = _FOLDER / "fonts"
CARD_TEMPLATE: Final = _FOLDER / "card_sheet.typ"
TIMEOUT_S: Final = 120  # of a file, on a machine that is busy
NICER: Final = 10  # who waits for a hop comes first
# Any of the eight masks is read; trying all of them to choose the best takes six times as long as all the rest.
_MASK: Final = 4


class PressError(Exception):
    """The press broke. What it was to draw is not told: codes stand there."""


@cache
def fonts() -> typst.Fonts:
    """Ours and no others: what is installed on a machine must not change a document."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def square(link: str) -> str:
    """A link as a QR code (ISO/IEC 18004, level M: 15 % may be dirty), in SVG; about a millisecond."""
    drawn = io.BytesIO()
    segno.make(link, micro=False, error="m", boost_error=False, mask=_MASK).save(
        drawn, kind="svg", border=4, xmldecl=False, omitsize=True
    )
    return drawn.getvalue().decode()


def drawn_apart(sheet: dict[str, Any]) -> bytes:
    """A sheet of cards as PDF, drawn in a process of its own. It is told by a pipe: nobody else sees it.

    Raises:
        PressError: it could not be drawn.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own program, without arguments of anybody's
            [sys.executable, "-m", __name__],
            input=json.dumps(sheet, ensure_ascii=False, sort_keys=True).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_FOLDER.parents[1],
            timeout=TIMEOUT_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise PressError(type(error).__name__) from None
    return done.stdout


def draw(sheet: dict[str, Any]) -> bytes:
    """The same here."""
    for card in sheet["cards"]:
        card["square"] = square(card["link"])
    return typst.compile(
        str(CARD_TEMPLATE),
        root=str(_FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False, sort_keys=True)},
        pdf_tags=False,
    )


if __name__ == "__main__":
    os.nice(NICER)
    sys.stdout.buffer.write(draw(json.load(sys.stdin.buffer)))
