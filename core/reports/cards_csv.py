"""Cards of a batch as a sheet, for a printing house: a line per card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from core.catalog.plan_words import plan_words
from core.csv_lines import cell, line
from core.tokens.batch_views import BatchView
from core.tokens.make_batch import card_number
from core.tokens.typed_code import code_printed

BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel takes the names of networks for Western letters
COLUMNS: Final = ("serial", "number", "code", "link", "network", "plan", "price", "currency", "campaign")


def cards_csv(batch: BatchView, cards: Iterable[tuple[int, str, str]]) -> Iterator[str]:
    """Lines of CSV in English, in major units, as the cards come: each its serial, its code and its link."""
    yield BYTE_ORDER_MARK + line(COLUMNS)
    network, campaign = cell(batch.ssid), cell(batch.campaign or "")
    plan = plan_words("en", batch.duration_s, batch.data_bytes)
    price, currency = batch.price.major, batch.price.currency
    for serial, code, link in cards:
        number = card_number(batch.batch_id, serial)
        yield line((serial, number, code_printed(code), link, network, plan, price, currency, campaign))
