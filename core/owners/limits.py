"""The limits of Wi-Fi owners, with their units."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core.payments.limits import MOMO_LEAST, MOMO_MOST

SSID_BYTES_MAX: Final = 32  # IEEE 802.11, 9.4.2.2
WIFI_PASSWORD_CHARS: Final = (8, 63)  # of a WPA passphrase: IEEE 802.11, J.4
NETWORKS_PER_OWNER_MAX: Final = 20
HELPERS_PER_OWNER_MAX: Final = 20
GIVEAWAY_DAY_MAX: Final = 10  # of an owner with whom nothing else is agreed
CAMPAIGN_CHARS_MAX: Final = 60
CARDS_UNSOLD_MAX: Final = 200_000  # of one owner: two batches of the largest kind
PRICE_LEAST: Final = MOMO_LEAST  # whatever is on a list can be paid by MoMo
PRICE_MOST: Final = MOMO_MOST
CODE_DIGITS: Final = 6
CODE_LIVES: Final = timedelta(minutes=10)
CODE_TRIES_MAX: Final = 5
CODES_SENT_MAX: Final = 3  # within CODES_COUNTED_OVER
CODES_COUNTED_OVER: Final = timedelta(hours=1)
# What an owner who signs up by phone agrees to, until a person agrees on something else with them, in millionths. The
# tax is the one of `core.payouts.owner_terms`.
COMMISSION_MILLIONTHS: Final = 100_000
WITHHOLDING_MILLIONTHS: Final = 100_000
