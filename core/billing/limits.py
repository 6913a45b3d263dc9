"""How much one person may move by their own decision in a day. Above it, a second person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.money import Money

KINDS: Final = (
    "goodwill", "charge", "credit_note", "debit_note", "write_off", "withholding", "refund", "deposit_return",
    "next_charge", "next_discount",
)  # fmt: skip
# In pounds a day of Juba, by role, for all of a kind together: two halves are a whole. Who is not named may move
# nothing alone. A refund hands out cash: it is limited closer.
ALONE_POUNDS: Final[Mapping[str, Mapping[str, int]]] = {
    "cashier": {
        "goodwill": 2_000,
        "charge": 0,
        "credit_note": 0,
        "debit_note": 0,
        "write_off": 0,
        "refund": 0,
        "next_charge": 0,
        "next_discount": 2_000,
    },
    "manager": {
        "goodwill": 100_000,
        "charge": 500_000,
        "credit_note": 500_000,
        "debit_note": 500_000,
        "write_off": 50_000,
        "withholding": 100_000,
        "refund": 50_000,
        "deposit_return": 200_000,
        "next_charge": 500_000,
        "next_discount": 100_000,
    },
    "admin": {
        "goodwill": 500_000,
        "charge": 2_000_000,
        "credit_note": 2_000_000,
        "debit_note": 2_000_000,
        "write_off": 500_000,
        "withholding": 1_000_000,
        "refund": 500_000,
        "deposit_return": 1_000_000,
        "next_charge": 2_000_000,
        "next_discount": 500_000,
    },
}
ADJUSTMENT_MOST: Final = Money.of(50_000_000, "SSP")  # whoever decides: beyond this it is a slip of the finger


def alone(role: str, kind: str) -> Money:
    """The most one of a role moves alone in a day by adjustments of a kind."""
    return Money.of(ALONE_POUNDS.get(role, {}).get(kind, 0), "SSP")
