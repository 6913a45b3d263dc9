"""The limits of payouts, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from core.money import Money

PAYOUT_LEAST: Final = Money(1_00, "SSP")
PAYOUT_MOST: Final = Money(20_000_000_00, "SSP")  # whoever decides: beyond this it is a slip of the finger
# In pounds, by role: what one person sends alone. Who is not named sends nothing alone.
ALONE_POUNDS: Final[Mapping[str, Mapping[str, int]]] = {
    "cashier": {"refund": 2_000},
    "manager": {"refund": 50_000, "transfer": 200_000},
    "admin": {"refund": 500_000, "transfer": 2_000_000},
}
# What the daily settlement sends to a Wi-Fi owner without a person. Above it somebody approves.
SETTLED_ALONE_MOST: Final = Money(200_000_00, "SSP")
SETTLED_LEAST: Final = Money(500_00, "SSP")  # less is not worth a transfer: it is kept for the owner's next one

AUTO_LEAST: Final = Money(500_00, "SSP")  # a charge by itself
AUTO_MOST: Final = Money(200_000_00, "SSP")
AUTO_TIMES_A_MONTH_MOST: Final = 10
CONSENT_LASTS: Final = timedelta(days=365)
# No prompt comes later than this after the wish for it: by then the phone is put away.
CONSENT_ASKED_NOT_AFTER: Final = timedelta(minutes=5)
CHARGE_NOT_BEFORE: Final = timedelta(hours=2)  # after the text that announces it: time enough to say STOP
CHARGE_NOT_AFTER: Final = timedelta(hours=26)  # an older text is forgotten: it is announced again
CHARGE_AGAIN_AFTER: Final = timedelta(hours=24)  # since the last charge, whatever became of it
DAYTIME_HOURS: Final = range(8, 20)  # in Juba: nobody is charged in their sleep


def alone(role: str, kind: str) -> Money:
    """The most a role sends alone by a payout of a kind."""
    return Money.of(ALONE_POUNDS.get(role, {}).get(kind, 0), "SSP")
