"""Words of the tables of cash, as staff read them. The key is `subject.word`; see `admin.words.word`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

CASH_WORDS: Final[Mapping[str, str]] = {
    "drawer.counter": _("at the counter"),
    "drawer.field": _("in the field"),
    "drawer.safe": _("safe"),
    "cash_came.moved": _("came from"),
    "cash_went.moved": _("handed over to"),
    "cash_went.banked": _("taken to the bank"),
    "cash_came.from_bank": _("brought from the bank"),
    "act.drawer_opened": _("opened a drawer"),
    "act.drawer_changed": _("changed a drawer"),
    "act.drawer_closed": _("closed a drawer"),
    "act.shift_opened": _("opened a shift"),
    "act.shift_closed": _("closed a shift"),
    "act.cash_moved": _("handed over cash"),
    "act.cash_banked": _("took cash to the bank"),
    "act.cash_from_bank": _("brought cash from the bank"),
    "act.void_asked": _("asked to take a receipt back"),
    "act.void_decided": _("decided about a receipt to be taken back"),
}
