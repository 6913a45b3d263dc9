"""The limits of cash, and what there is to choose from."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("counter", "field", "safe")
NAME_CHARS_MAX: Final = 40
REASON_CHARS_MAX: Final = 200
SLIP_CHARS_MAX: Final = 60
# Notes in use (Bank of South Sudan), in pounds: what a count is made of.
NOTES: Final = (1000, 500, 100, 50, 20, 10, 5, 1)
