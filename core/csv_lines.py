"""Lines of a sheet (CSV), as a spreadsheet may safely open them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

# A spreadsheet takes a cell that begins with one of these for a formula, or skips the sign and looks again.
_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def line(cells: Sequence[object]) -> str:
    """One line with its end."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def cell(name: str) -> str:
    """What people typed, never taken for a formula."""
    return f"'{name}" if name.startswith(_FORMULA_BEGINS) else name
