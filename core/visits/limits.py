"""The limits of log-ins on the web, with their units."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

CODE_DIGITS: Final = 6
CODE_LIVES: Final = timedelta(minutes=10)
CODE_TRIES_MAX: Final = 5
CODE_EVERY: Final = timedelta(seconds=60)  # to one phone
CODES_PER_PHONE_DAY_MAX: Final = 5
CODES_PER_ADDRESS_HOUR_MAX: Final = 20  # a whole market may share one
CODES_PER_DAY_MAX: Final = 2000  # each costs an SMS, whoever asks
PIN_DIGITS: Final = 6
PASSWORD_CHARS_MIN: Final = 8
PASSWORD_CHARS_MAX: Final = 200
WRONG_PER_PHONE_MAX: Final = 10  # within FAILURES_COUNTED_OVER: of a million PINs one guess in 100,000 finds one
WRONG_PER_ADDRESS_FREE: Final = 20
FAILURES_COUNTED_OVER: Final = timedelta(hours=24)
FORGOTTEN_AT_ONCE_MAX: Final = 100  # each row that is added takes away up to so many that no longer count
VISIT_LASTS: Final = timedelta(days=30)
VISIT_IDLE_MAX: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=5)  # how exact idling is known: not every page writes
CODE_VISIT_FRESH: Final = timedelta(minutes=15)  # so long a visit begun by a code may choose a new secret
TOKEN_CHARS: Final = 32  # of 20 letters: 138 bits
