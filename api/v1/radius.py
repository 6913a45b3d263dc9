"""RADIUS over HTTP, as `rlm_rest` of FreeRADIUS and equipment like it speak: attributes in, attributes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from api.v1.faults import ApiFault
from api.v1.operations import Call, Operation, Parameter, Reply
from core.db.engine import Transaction
from core.partners import radius
from core.partners.radius import Asked, LogIn

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
FULL: Final = "Too many devices are online with this name."
# What is accounted, and the attributes that say it.
ACCOUNTED: Final[Mapping[str, str]] = {
    "packet": "Acct-Status-Type",
    "session": "Acct-Session-Id",
    "who": "User-Name",
    "device": "Calling-Station-Id",
    "address": "Framed-IP-Address",
    "session_s": "Acct-Session-Time",
    "in_octets": "Acct-Input-Octets",
    "in_gigawords": "Acct-Input-Gigawords",
    "out_octets": "Acct-Output-Octets",
    "out_gigawords": "Acct-Output-Gigawords",
    "delay_s": "Acct-Delay-Time",
    "cause": "Acct-Terminate-Cause",
}
INTEGERS: Final = frozenset({"session_s", "in_octets", "in_gigawords", "out_octets", "out_gigawords", "delay_s"})
INTEGER_MAX: Final = 2**32 - 1  # of a RADIUS attribute; a larger count has its Gigawords (RFC 2869, section 5)


def authorize(call: Call, tx: Transaction) -> Reply:
    """May they be online? A password that is said is checked here; none leaves but to a key that may have it."""
    asked = _asked(call)
    said = attribute(call.body, "User-Password")
    if said is None and "radius:passwords" not in call.key.scopes:
        message = "Without User-Password the password would have to be sent; this key lacks the scope radius:passwords."
        raise ApiFault(403, "wrong_scope", message)
    leave = radius.look_up(tx, asked, sealer=call.parts.sealer, now=call.now)
    if leave is None or (said is not None and not leave.is_by(said)):
        radius.refused(tx, asked, call.now)
        return Reply(_rejected(None))
    if leave.is_full:
        return Reply(_rejected(FULL))
    if said is None:  # CHAP and the like: only who holds the challenge can check, and says later how it ended
        return Reply({"control:Cleartext-Password": _value(leave.password)} | _told(leave))
    if leave.waits:
        radius.begun(tx, asked, call.now)
    return Reply({"control:Auth-Type": _value("Accept")} | _told(leave))


def post_auth(call: Call, tx: Transaction) -> Reply:
    """How a log-in ended that was checked elsewhere: the clock starts, or a guess is counted."""
    if call.values["outcome"] == "accept":
        radius.begun(tx, _asked(call), call.now)
    else:
        radius.refused(tx, _asked(call), call.now)
    return Reply({})


def accounting(call: Call, tx: Transaction) -> Reply:
    """One packet, kept whatever it holds that a packet can hold."""
    said = {name: attribute(call.body, word) for name, word in ACCOUNTED.items()}
    for name in INTEGERS:
        if not _is_integer(said[name]):
            message = f"The attribute {ACCOUNTED[name]} must be a whole number from 0 to {INTEGER_MAX}."
            raise ApiFault(400, "bad_request", message)
    radius.account(tx, _equipment(call), said, call.now)
    return Reply({})


def attribute(body: Mapping[str, Any], name: str) -> str | None:
    """An attribute's first value: `"a"`, `7`, or as rlm_rest writes it, `{"type": "string", "value": ["a"]}`.

    Raises:
        ApiFault: it is none of these, or has a character that cannot be kept.
    """
    said = body.get(name)
    if isinstance(said, dict):
        said = said.get("value")
    if isinstance(said, list):
        said = said[0] if said else None
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, str | int) or UNSTORABLE.search(str(said)):
        raise ApiFault(400, "bad_request", f"The attribute {name} cannot be read.")
    return str(said)


def _is_integer(said: str | None) -> bool:
    digits = said or "0"  # not said is nothing
    return (
        digits.isascii() and digits.isdecimal() and len(digits) <= len(str(INTEGER_MAX)) and int(digits) <= INTEGER_MAX
    )


def _asked(call: Call) -> Asked:
    who = attribute(call.body, "User-Name")
    if not who:
        raise ApiFault(400, "bad_request", "The attribute User-Name is missing.")
    return Asked(who, _equipment(call), attribute(call.body, "Calling-Station-Id") or "")


def _equipment(call: Call) -> str:
    """The address of the equipment that asks. A key of one router speaks for that one, whatever a packet says."""
    if call.key.router is not None:
        if call.key.nas_address is None:
            raise ApiFault(422, "not_possible_now", f"The router {call.key.router} has no address to ask RADIUS from.")
        return call.key.nas_address
    asks = attribute(call.body, "Packet-Src-IP-Address") or attribute(call.body, "NAS-IP-Address")
    if not asks:
        raise ApiFault(400, "bad_request", "The attribute NAS-IP-Address is missing.")
    return asks


def _value(value: str | int) -> dict[str, Any]:
    """A value that replaces, and that FreeRADIUS must not read as a text with something to expand in it."""
    return {"op": ":=", "value": [str(value)], "do_xlat": False}


def _rejected(why: str | None) -> dict[str, Any]:
    return {"control:Auth-Type": _value("Reject")} | ({"reply:Reply-Message": _value(why)} if why else {})


def _told(leave: LogIn) -> dict[str, Any]:
    """What the RADIUS server of `deploy/freeradius` tells too. A limit of nothing is none."""
    told: dict[str, str | int] = {
        "Mikrotik-Rate-Limit": leave.rate,
        "WISPr-Bandwidth-Max-Up": leave.up_bps,
        "WISPr-Bandwidth-Max-Down": leave.down_bps,
        "Acct-Interim-Interval": leave.interim_s,
        "Port-Limit": leave.devices,
        "Class": leave.grant,
    }
    if leave.left_s:
        told["Session-Timeout"] = leave.left_s
    if leave.idle_s:
        told["Idle-Timeout"] = leave.idle_s
    if leave.left_octets or leave.left_gigawords:
        told["Mikrotik-Total-Limit"] = leave.left_octets
        told["Mikrotik-Total-Limit-Gigawords"] = leave.left_gigawords
    return {f"reply:{name}": _value(value) for name, value in told.items()}


_OUTCOME: Final = Parameter(
    "outcome", {"type": "string", "enum": ["accept", "reject"]}, "How the log-in ended.", needed=True
)
OPERATIONS: Final = (
    Operation(
        method="POST",
        rule="/radius/authorize",
        name="radiusAuthorize",
        scope="radius",
        says="May this user be online at this equipment?",
        more=(
            "With User-Password it is checked here, and the answer is control:Auth-Type Accept or Reject. Without it "
            "(CHAP, MS-CHAP) the answer holds control:Cleartext-Password, for keys with the scope radius:passwords; "
            "then say at /radius/post-auth how it ended. The equipment is NAS-IP-Address, or Packet-Src-IP-Address "
            "where that is sent; a key made for one router speaks for that one."
        ),
        body="RadiusAttributes",
        answers={200: ("Accepted or rejected, and what to tell the equipment", "RadiusAnswer")},
        works=authorize,
    ),
    Operation(
        method="POST",
        rule="/radius/post-auth",
        name="radiusPostAuth",
        scope="radius",
        says="How a log-in ended that was checked elsewhere.",
        parameters=(_OUTCOME,),
        body="RadiusAttributes",
        answers={200: ("It is noted", "RadiusAnswer")},
        works=post_auth,
    ),
    Operation(
        method="POST",
        rule="/radius/accounting",
        name="radiusAccounting",
        scope="radius",
        says="One packet of accounting: Start, Interim-Update, Stop, Accounting-On or Accounting-Off.",
        more="The same packet twice counts once.",
        body="RadiusAttributes",
        answers={200: ("It is kept", "RadiusAnswer")},
        works=accounting,
    ),
)
