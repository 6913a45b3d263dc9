"""More data, sold in packs to whoever has a tariff that slows after some: how much, for how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from core.money import Money

PACKS_MAX: Final = 5  # as many as a screen lists


@dataclass(frozen=True, slots=True)
class DataPack:
    """So many bytes more, for a price before tax. They are used up by the end of the billed month, or lost."""

    data_bytes: int
    price: Money


def packs_row(packs: Sequence[DataPack]) -> dict[str, Any] | None:
    """As a version of a tariff keeps them."""
    return {"packs": [[pack.data_bytes, pack.price.minor] for pack in packs]} if packs else None


def packs_of(row: Mapping[str, Any] | None, currency: str) -> tuple[DataPack, ...]:
    """Of what a version keeps; the smallest first."""
    return tuple(DataPack(size, Money(minor, currency)) for size, minor in row["packs"]) if row else ()


def are_nonsense(packs: Sequence[DataPack], data_bytes_max: int) -> bool:
    """Packs that cannot be meant: a larger one costs more, none is given twice, and one is of some data."""
    return (
        len(packs) > PACKS_MAX
        or any(not 1 <= pack.data_bytes <= data_bytes_max or pack.price.minor <= 0 for pack in packs)
        or any(
            less.data_bytes >= more.data_bytes or less.price.minor >= more.price.minor for less, more in pairwise(packs)
        )
    )
