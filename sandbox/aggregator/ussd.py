"""USSD sessions played at the product: the text is cumulative, the answer is CON or END, the end is reported."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, Final

import requests

from sandbox.aggregator.courier import Courier
from sandbox.aggregator.faults import FaultBox
from sandbox.aggregator.settings import HTTP_TIMEOUT_S, Account, Clock, ProductUrls, date_of, network_of
from sandbox.aggregator.store import Store, new_id

METADATA_HEADER: Final = "at-ussd-hop-metadata"
METADATA_CHARS_MAX: Final = 99
SORRY: Final = "Service is not available at the moment. Please try again later."
WRONG_CODE: Final = "Connection problem or invalid MMI code."
COST: Final = "SSP 0.00"


class SessionOverError(LookupError):
    """No such session, or it has ended."""


class OtherPhoneError(ValueError):
    """The session is another phone's; says so in one sentence."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the phone shows after one hop."""

    session: str | None
    type: str  # CON or END
    text: str
    error: str | None = None
    metadata: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the control surface; `screen` is the text again, under the name people expect."""
        return {**asdict(self), "screen": self.text}


class Switchboard:
    """Plays sessions. One phone has one session at a time: dialling again hangs up the one before."""

    def __init__(
        self,
        *,
        account: Account,
        urls: ProductUrls,
        store: Store,
        courier: Courier,
        faults: FaultBox,
        clock: Clock,
    ) -> None:
        self._account, self._urls, self._store = account, urls, store
        self._courier, self._faults, self._clock = courier, faults, clock

    def dial(self, phone: str, dialled: str) -> Screen:
        """Begin a session with a code as dialled (`*384*77*2*1#`), its deep part alone (`2*1`), or nothing."""
        return self.go_on(new_id("ATUid_"), phone, dialled)

    def knows(self, session: str) -> bool:
        """Whether there was ever such a session."""
        return bool(self._store.rows("SELECT 1 FROM sessions WHERE id = ?", session))

    def go_on(self, session: str, phone: str, typed: str) -> Screen:
        """Type into this phone's session; an id never heard of begins one under that id, as `dial` does.

        Raises:
            SessionOverError: it has ended.
            OtherPhoneError: it is another phone's.
        """
        deep = self._deep_part(typed.strip())
        with self._store.transaction() as db:  # two that begin one id at once: the second goes on with the first's
            row = db.execute("SELECT phone FROM sessions WHERE id = ?", (session,)).fetchone()
            if row is None and deep is None:
                return Screen(None, "END", WRONG_CODE, "not_our_code")
            if row is None:
                self._hang_up_all(phone)
                inputs = json.dumps([deep] if deep else [], ensure_ascii=False)
                db.execute(
                    "INSERT INTO sessions (id, phone, inputs, started) VALUES (?, ?, ?, ?)",
                    (session, phone, inputs, time.time()),
                )
        if row is None:
            return self._hop(session)
        if row["phone"] != phone:
            raise OtherPhoneError(f"session {session} is the phone {row['phone']}'s")
        return self.press(session, typed)

    def _hang_up_all(self, phone: str) -> None:
        for row in self._store.rows("SELECT * FROM sessions WHERE phone = ? AND ended IS NULL", phone):
            self._end(row, "Incomplete", "")

    def press(self, session: str, typed: str) -> Screen:
        """Add what the caller typed to an open session.

        Raises:
            SessionOverError: it is not open.
        """
        with self._store.transaction() as db:
            row = db.execute("SELECT inputs FROM sessions WHERE id = ? AND ended IS NULL", (session,)).fetchone()
            if row is None:
                raise SessionOverError(session)
            inputs = json.dumps([*json.loads(row["inputs"]), typed], ensure_ascii=False)
            db.execute("UPDATE sessions SET inputs = ? WHERE id = ?", (inputs, session))
        return self._hop(session)

    def repeat(self, session: str) -> Screen:
        """Send the last hop again, as networks do; also after the session's end.

        Raises:
            SessionOverError: there was never such a session.
        """
        return self._read(session, self._post(self._session(session)))

    def hang_up(self, session: str) -> None:
        """The caller leaves while the product waits for input.

        Raises:
            SessionOverError: it is not open.
        """
        row = self._session(session)
        if row["ended"] is not None or not self._end(row, "Incomplete", ""):
            raise SessionOverError(session)

    def _deep_part(self, dialled: str) -> str | None:
        if not dialled.startswith("*"):
            return dialled.removesuffix("#")
        code, typed = self._account.service_code.removesuffix("#"), dialled.removesuffix("#")
        if typed == code or typed.startswith(code + "*"):
            return typed[len(code) + 1 :]
        return None

    def _hop(self, session: str) -> Screen:
        row = self._session(session)
        if self._faults.now.duplicate:  # the network's own double: at the same moment, its answer is nobody's
            threading.Thread(target=self._post, args=(row,), daemon=True).start()
        screen = self._read(session, self._post(row))
        with self._store.transaction() as db:
            metadata = [*json.loads(row["metadata"]), *([screen.metadata] if screen.metadata else [])]
            db.execute(
                "UPDATE sessions SET hops = hops + 1, screen = ?, metadata = ? WHERE id = ?",
                (screen.text, json.dumps(metadata), session),
            )
        if screen.type == "END":
            self._end(self._session(session), "Failed" if screen.error else "Success", screen.error or "")
        return screen

    def _post(self, row: dict[str, Any]) -> requests.Response | str:
        """One hop, exactly as the provider posts it; a text instead of an answer says what went wrong."""
        if self._urls.ussd is None:
            return "no_callback_url"
        form = {
            "sessionId": row["id"],
            "phoneNumber": row["phone"],
            "networkCode": network_of(row["phone"]),
            "serviceCode": self._account.service_code,
            "text": "*".join(json.loads(row["inputs"])),
        }
        last = json.loads(row["metadata"])[-1:]
        headers = {METADATA_HEADER: last[0]} if last else {}
        try:
            return requests.post(self._urls.ussd, data=form, headers=headers, timeout=HTTP_TIMEOUT_S)
        except requests.exceptions.RequestException as error:
            return type(error).__name__

    def _read(self, session: str, answer: requests.Response | str) -> Screen:
        if isinstance(answer, str):
            return Screen(session, "END", SORRY, answer)
        body = answer.content.decode("utf-8", "replace")
        if answer.status_code != HTTPStatus.OK or body[:4] not in {"CON ", "END "}:
            return Screen(session, "END", SORRY, f"HTTP {answer.status_code}, body starts {body[:12]!r}")
        metadata = answer.headers.get(METADATA_HEADER, "")
        if len(metadata) > METADATA_CHARS_MAX or "|" in metadata:
            metadata = ""  # the provider drops what it cannot carry
        return Screen(session, body[:3], body[4:], None, metadata)

    def _session(self, session: str) -> dict[str, Any]:
        rows = self._store.rows("SELECT * FROM sessions WHERE id = ?", session)
        if not rows:
            raise SessionOverError(session)
        return rows[0]

    def _end(self, row: dict[str, Any], status: str, error: str) -> bool:
        with self._store.transaction() as db:
            ended = db.execute(
                "UPDATE sessions SET ended = ? WHERE id = ? AND ended IS NULL", (status, row["id"])
            ).rowcount
        if ended:
            form = {
                "date": date_of(self._clock.now()),
                "sessionId": row["id"],
                "serviceCode": self._account.service_code,
                "networkCode": network_of(row["phone"]),
                "phoneNumber": row["phone"],
                "status": status,
                "cost": COST,
                "durationInMillis": str(round((time.time() - row["started"]) * 1000)),
                "hopsCount": str(row["hops"]),
                "hopsMetadata": "|".join(json.loads(row["metadata"])),
                "input": "*".join(json.loads(row["inputs"])),
                "lastAppResponse": row["screen"],
            }
            self._courier.promise("events", {**form, **({"errorMessage": error} if error else {})})
        return bool(ended)
