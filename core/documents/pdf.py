"""Papers as PDF: the sheet goes to typst as data, and the same sheet gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typst

from core.documents.document_sheet import document_sheet
from core.documents.papers import Document, House, Paper, Statement
from core.documents.press import fonts
from core.documents.receipt_sheet import receipt_sheet
from core.documents.sheet import PaperLanguage, Sheet
from core.documents.statement_sheet import statement_sheet

_FOLDER: Final = Path(__file__).parent
TEMPLATE: Final = _FOLDER / "sheet.typ"


def sheet_of(paper: Paper, language: PaperLanguage, house: House) -> Sheet:
    """What stands on a paper, in English, Arabic, or both side by side."""
    if isinstance(paper, Document):
        return document_sheet(paper, language, house)
    if isinstance(paper, Statement):
        return statement_sheet(paper, language, house)
    return receipt_sheet(paper, language, house)


def pdf(paper: Paper, language: PaperLanguage, house: House) -> bytes:
    """The paper as PDF; about 10 ms a page."""
    return draw(sheet_of(paper, language, house))


def draw(sheet: Sheet) -> bytes:
    """A sheet as PDF. What people wrote reaches the template as data: none of it is ever read as source."""
    data = json.dumps(asdict(sheet), ensure_ascii=False, sort_keys=True)
    return typst.compile(
        str(TEMPLATE),
        root=str(_FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"sheet": data},
        pdf_tags=False,  # twice the bytes, and bytes are paid for; the page in HTML is the one that reads itself out
    )
