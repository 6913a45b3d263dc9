"""Words about partners: what their keys may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

PARTNER_WORDS: Final[Mapping[str, str]] = {
    "scope.customers:read": _("read customers: names and phones"),
    "scope.services:read": _("read services"),
    "scope.services:write": _("cut services off and let them go on"),
    "scope.usage:write": _("tell usage, which is counted and may be billed"),
    "scope.radius": _("ask for log-ins and tell sessions, as equipment does"),
    "scope.radius:passwords": _("with log-ins: get passwords in clear, for CHAP"),
    "scope.events": _("read events: services, payments, routers"),
    "event.service.ordered": _("a service is ordered"),
    "event.service.activated": _("a service begins"),
    "event.service.paused": _("a service is paused"),
    "event.service.suspended": _("a service is cut off"),
    "event.service.resumed": _("a service goes on"),
    "event.service.slowed": _("a service is slowed"),
    "event.service.unslowed": _("a service is fast again"),
    "event.service.plan_changed": _("a plan changes"),
    "event.service.terminated": _("a service ends"),
    "event.payment.received": _("money comes in"),
    "event.token.sold": _("a token is sold"),
    "event.usage.share_reached": _("half, most or all data is used"),
    "event.outage.began": _("a router is down"),
    "event.outage.ended": _("a router is back"),
    "outbox.webhook": _("event for a partner"),
    "act.webhook_made": _("added a webhook"),
    "act.webhook_on": _("switched a webhook on"),
    "act.webhook_off": _("switched a webhook off"),
    "act.webhook_tried": _("tried a webhook out"),
    "act.api_key_made": _("made a key for a program"),
    "act.api_key_withdrawn": _("withdrew a key of a program"),
}
