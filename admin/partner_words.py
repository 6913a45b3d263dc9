"""Words about partners: what their keys may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

PARTNER_WORDS: Final[Mapping[str, str]] = {
    "scope.customers:read": _("read customers: names and phones"),
    "scope.services:read": _("read services"),
    "scope.usage:write": _("tell usage, which is counted and may be billed"),
    "scope.radius": _("ask for log-ins and tell sessions, as equipment does"),
    "scope.radius:passwords": _("with log-ins: get passwords in clear, for CHAP"),
    "act.api_key_made": _("made a key for a program"),
    "act.api_key_withdrawn": _("withdrew a key of a program"),
}
