"""Words of Wi-Fi owners, as staff read them. The key is `subject.word`; see `admin.words.word`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

OWNER_WORDS: Final[Mapping[str, str]] = {
    "owner.active": _("active"),
    "owner.suspended": _("suspended"),
    "reach.mikrotik": _("MikroTik we call"),
    "reach.mikrotik_calls_home": _("MikroTik that calls home"),
    "reach.radius": _("equipment with RADIUS"),
    "reach.none": _("equipment that cannot let people in and out"),
    "sold_by.cash": _("for cash"),
    "sold_by.momo": _("by MoMo"),
    "sold_by.card": _("as cards"),
    "sold_by.wallet": _("from a balance"),
    "sold_by.given": _("given away"),
    "act.owner_suspended": _("suspended a Wi-Fi owner"),
    "act.owner_let_sell": _("let a Wi-Fi owner sell again"),
    "act.giveaways_set": _("set what an owner may give away"),
    "act.network_connected": _("connected a network to a router"),
    "act.wifi_password_set": _("kept the admin password of a network"),
}
