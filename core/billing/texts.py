"""How bills are said to phones."""

from __future__ import annotations

from datetime import date


def day_said(day: date) -> str:
    """A day as phones show it, in any language: with strokes it keeps its order within Arabic, with dashes not."""
    return f"{day:%d/%m/%Y}"
