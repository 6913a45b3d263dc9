"""A card typed anywhere becomes leave to be online, once; a code in use lets in as many devices as its plan allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text

from core.access.grant import TRIES_MAX, USERNAME_CHARS
from core.catalog.plan_words import plan_words
from core.customers.queries import tongue_for
from core.db.engine import Database, Transaction
from core.errors import CardNotSold, CodeUsed, DeviceLimit, NotPossibleNow, WrongCode
from core.ids import Ids
from core.messaging.queue_text import queue_text
from core.sealing import Sealer
from core.tokens.guesses import Typist, count_miss, refuse_until
from core.tokens.typed_code import code_typed, credentials_of

DEVICE_SILENT_S: Final = 1800  # a device not seen for so long on our page makes room for another; the router counts too

# All of a redemption in one round trip (SQL of migration 0022): of two at once one makes the token.
_TYPES: Final = "bytea[], text[], text[], text, text, text, text, bytea, timestamptz"
_SELECT: Final = "SELECT outcome, full_until, token, ssid, access_by, duration_s, data_bytes FROM token_redeem"
_ON_A_PAGE: Final = (_TYPES, f"{_SELECT}($1, $2, $3, $4, $5, $6, $7, $8, $9)")
_BY_PHONE: Final = text(f"""
    {_SELECT}(:lookups, CAST(:kinds AS text[]), CAST(:subjects AS text[]), :phone, :device, :name, :sealed, :radius,
              :now)
""")
_IN_USE: Final = text("""
    SELECT t.id, t.recipient_phone, g.username, g.password_sealed, g.status, g.duration_s, g.data_bytes, g.devices_max,
           h.ssid
    FROM token t JOIN access_grant g ON g.id = t.grant_id JOIN hotspot h ON h.id = t.hotspot_id
    WHERE t.id = coalesce((SELECT token_id FROM token_card WHERE lookup = ANY(:lookups)),
                          (SELECT id FROM token WHERE lookup = ANY(:lookups)))
    FOR UPDATE OF t
""")
_SEEN: Final = text(f"""
    INSERT INTO token_device AS d (token_id, device, seen_at)
      SELECT :token, :device, :now
      WHERE :most > (SELECT count(*) FROM token_device o WHERE o.token_id = :token AND o.device <> :device
                     AND o.seen_at > CAST(:now AS timestamptz) - interval '{DEVICE_SILENT_S} seconds')
    ON CONFLICT (token_id, device) DO UPDATE SET seen_at = greatest(d.seen_at, excluded.seen_at) RETURNING 1
""")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What to log in with. `again`: the code was in use already, by the same one or within its device limit."""

    token_id: int
    username: str
    password: str
    ssid: str
    again: bool


def redeem(db: Database, *, typed: str, typist: Typist, now: datetime, ids: Ids, sealer: Sealer) -> Redeemed:
    """Let in who typed the code of a card that was sold, or of a token. Who asks by phone is texted how to log in.

    A card belongs to the phone, or to the devices, that typed it first.

    Raises:
        WrongCode: none of ours. It is counted.
        TooManyTries: too many wrong ones were typed; this one was not looked at.
        CardNotSold: the card was not activated.
        CodeUsed: it is in use by another phone.
        DeviceLimit: it is in use on as many devices as its plan allows.
        NotPossibleNow: its time is over, or it was taken back.
    """
    code = code_typed(typed)
    if code is None:
        raise WrongCode  # none can look like this: nothing was guessed at
    values, password = asked_for(code, typist, now, sealer)
    for _try in range(TRIES_MAX):
        made = (
            db.run(lambda tx: make_for_phone(tx, values, password, sealer)) if typist.phone else _on_a_page(db, values)
        )
        refuse_until(made.full_until, now)
        if made.outcome == "made":
            return Redeemed(made.token, values["name"], password, made.ssid, again=False)
        if made.outcome in ("unknown", "used"):
            in_use = db.run(lambda tx: let_in(tx, values["lookups"], typist, now, sealer))
            if in_use is None:
                count_miss(db, typist, now)
                raise WrongCode
            return in_use
        refuse_unless_free(made)
        values["name"] = ids.typeable(USERNAME_CHARS)
    raise AssertionError("no free user name in 20 tries: the names are used up")


def asked_for(code: str, typist: Typist, now: datetime, sealer: Sealer) -> tuple[dict[str, Any], str]:
    """What the database is asked with, and the password that a code holds."""
    username, password = credentials_of(code)
    values = {
        "lookups": sealer.codes.lookups(code), **typist.asked, "phone": typist.phone, "device": typist.device,
        "name": username, "sealed": sealer.seal(password), "radius": sealer.radius.seal(password), "now": now,
    }  # fmt: skip
    return values, password


def refuse_unless_free(made: Made) -> None:
    """Refuse, unless only the user name was taken, as one of 64 million is.

    Raises:
        CardNotSold, NotPossibleNow: as `redeem` says.
    """
    if made.outcome == "unsold":
        raise CardNotSold
    if made.outcome != "name_taken":
        raise NotPossibleNow(what="token", state="revoked" if made.outcome == "voided" else "expired")


class Made(NamedTuple):
    """What came of it, as `token_redeem` says it."""

    outcome: str
    full_until: datetime | None
    token: int
    ssid: str
    access_by: str
    duration_s: int
    data_bytes: int | None


def _on_a_page(db: Database, values: dict[str, Any]) -> Made:
    """Nothing is texted: one statement is all of it."""
    made = Made(*db.once("token_redeem", _ON_A_PAGE, list(values.values()))[0])
    if made.outcome == "made" and made.access_by == "api":
        db.ring("router")
    return made


def make_for_phone(tx: Transaction, values: dict[str, Any], password: str, sealer: Sealer) -> Made:
    """Make the token of a card, if it is one that may be made, and text it to the phone."""
    made = Made(*tx.execute(_BY_PHONE, values).one())
    if made.outcome == "made":
        if made.access_by == "api":
            tx.ring("router")
        _text(tx, made, values, password, sealer)
    return made


def let_in(tx: Transaction, lookups: list[bytes], typist: Typist, now: datetime, sealer: Sealer) -> Redeemed | None:
    """Who types a code that is in use; None: it is none of ours.

    Raises:
        CodeUsed, DeviceLimit, NotPossibleNow: as `redeem` says.
    """
    row = tx.execute(_IN_USE, {"lookups": lookups}).first()
    if row is None:
        return None
    if typist.phone and typist.phone != row.recipient_phone:
        raise CodeUsed
    if row.status not in ("waiting", "running"):
        raise NotPossibleNow(what="token", state=row.status)
    if typist.device:
        seen = {"token": row.id, "device": typist.device, "now": now, "most": row.devices_max}
        if tx.execute(_SEEN, seen).first() is None:
            raise DeviceLimit(devices=row.devices_max)
    return Redeemed(row.id, row.username, sealer.open(row.password_sealed), row.ssid, again=True)


def _text(tx: Transaction, made: Made, values: dict[str, Any], password: str, sealer: Sealer) -> None:
    tongue = tongue_for(tx.connection, values["phone"])
    queue_text(
        tx,
        phone=values["phone"],
        tongue=tongue,
        template="token",
        key=f"token:{made.token}",
        now=values["now"],
        facts={"ssid": made.ssid, "plan": plan_words(tongue, made.duration_s, made.data_bytes)},
        secrets={"username": values["name"], "password": password},
        sealer=sealer,
    )
