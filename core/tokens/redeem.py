"""A card typed anywhere becomes leave to be online, once; a code in use lets in as many devices as its plan allows."""

from __future__ import annotations

from collections.abc import Sequence
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

# All of a redemption in one round trip (SQL of migration 0026): of two at once one makes the token.
_TYPES: Final = "integer, bytea[], text[], text[], text[], text[], text[], bytea[], timestamptz"
_SELECT: Final = "SELECT outcome, full_until, token, ssid, access_by, duration_s, data_bytes FROM token_redeem"
_TOGETHER: Final = (_TYPES, f"{_SELECT}($1, $2, $3, $4, $5, $6, $7, $8, $9) ORDER BY n")
_BY_PHONE: Final = text(f"""
    {_SELECT}(:keys, :lookups, CAST(:phones AS text[]), CAST(:devices AS text[]), CAST(:addresses AS text[]),
              CAST(:names AS text[]), CAST(:sealed AS text[]), CAST(:radius AS bytea[]), :now)
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
    asked = asked_for(code, typist, now, sealer)
    lookups = asked.lookups
    for _try in range(TRIES_MAX):
        made = _for_phone(db, asked, sealer) if typist.phone else _on_a_page(db, asked)
        refuse_until(made.full_until, now)
        if made.outcome == "made":
            return Redeemed(made.token, asked.name, asked.password, made.ssid, again=False)
        if made.outcome in ("unknown", "used"):
            in_use = db.run(lambda tx: let_in(tx, lookups, typist, now, sealer))
            if in_use is None:
                count_miss(db, typist, now)
                raise WrongCode
            return in_use
        refuse_unless_free(made)
        asked = asked._replace(name=ids.typeable(USERNAME_CHARS))
    raise AssertionError("no free user name in 20 tries: the names are used up")


class Asked(NamedTuple):
    """A code as the database is asked for it, and the name and the password that it becomes."""

    lookups: list[bytes]
    typist: Typist
    name: str
    password: str
    sealed: str
    radius: bytes
    now: datetime


def asked_for(code: str, typist: Typist, now: datetime, sealer: Sealer) -> Asked:
    """What the database is asked with."""
    name, password = credentials_of(code)
    lookups = sealer.codes.lookups(code)
    return Asked(lookups, typist, name, password, sealer.seal(password), sealer.radius.seal(password), now)


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


def _values(asked: Sequence[Asked]) -> dict[str, Any]:
    """All that is asked at once, as columns."""
    return {
        "keys": len(asked[0].lookups),
        "lookups": [lookup for one in asked for lookup in one.lookups],
        "phones": [one.typist.phone for one in asked],
        "devices": [one.typist.device for one in asked],
        "addresses": [one.typist.address for one in asked],
        "names": [one.name for one in asked],
        "sealed": [one.sealed for one in asked],
        "radius": [one.radius for one in asked],
        "now": max(one.now for one in asked),
    }


def _on_a_page(db: Database, asked: Asked) -> Made:
    """Nothing is texted: one statement is all of it, and of all who typed a code at this moment."""

    def work(asked: Sequence[Asked]) -> list[Made]:
        made = [Made(*row) for row in db.once("token_redeem", _TOGETHER, list(_values(asked).values()))]
        if any(one.outcome == "made" and one.access_by == "api" for one in made):
            db.ring("router")
        return made

    return db.together("token_redeem", work, asked)


def _for_phone(db: Database, asked: Asked, sealer: Sealer) -> Made:
    return db.run(lambda tx: make_for_phone(tx, asked, sealer))


def make_for_phone(tx: Transaction, asked: Asked, sealer: Sealer) -> Made:
    """Make the token of a card, if it is one that may be made, and text it to the phone."""
    made = Made(*tx.execute(_BY_PHONE, _values([asked])).one())
    if made.outcome == "made":
        if made.access_by == "api":
            tx.ring("router")
        _text(tx, made, asked, sealer)
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


def _text(tx: Transaction, made: Made, asked: Asked, sealer: Sealer) -> None:
    phone = asked.typist.phone
    tongue = tongue_for(tx.connection, phone)
    queue_text(
        tx,
        phone=phone,
        tongue=tongue,
        template="token",
        key=f"token:{made.token}",
        now=asked.now,
        facts={"ssid": made.ssid, "plan": plan_words(tongue, made.duration_s, made.data_bytes)},
        secrets={"username": asked.name, "password": asked.password},
        sealer=sealer,
    )
