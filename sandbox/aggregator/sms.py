"""Texts: taken from the product as the provider's SMS API takes them, and written by phones to the product."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from sandbox.aggregator.courier import Courier
from sandbox.aggregator.faults import FaultBox
from sandbox.aggregator.settings import Account, Clock, date_of, network_of
from sandbox.aggregator.store import Store, new_id

COST: Final = "KES 0.8000"
FETCH_MAX: Final = 100
FINAL_FAILURES: Final = {"Failed": "DeliveryFailure", "Rejected": "RejectedByGateway"}
_PHONE: Final = re.compile(r"\+\d{9,15}")
_SENDER: Final = re.compile(r"[A-Za-z0-9 ]{1,11}")

STATUS_WORDS: Final = {
    100: "Success",
    101: "Success",
    102: "Success",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


class Exchange:
    """Takes texts in both directions."""

    def __init__(
        self,
        *,
        account: Account,
        store: Store,
        courier: Courier,
        faults: FaultBox,
        clock: Clock,
        report_delay_s: float,
    ) -> None:
        self._account, self._store, self._courier = account, store, courier
        self._faults, self._clock, self._report_delay_s = faults, clock, report_delay_s

    def take(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Take a send whose key and fields are right; the body of the 201."""
        sender = form.get("from") or self._account.short_code
        if self._faults.now.error == "empty-recipients" or not _SENDER.fullmatch(sender):
            return _answer("InvalidSenderId", [])
        accepted = 101 if form.get("enqueue") != "1" else 102
        phones = [phone.strip() for phone in form["to"].split(",") if phone.strip()]
        recipients = [self._take_one(phone, sender, form["message"], accepted) for phone in phones]
        taken = sum(entry["messageId"] != "None" for entry in recipients)
        total = f"{taken * 0.8:.4f}"
        return _answer(f"Sent to {taken}/{len(phones)} Total Cost: KES {total}", recipients)

    def _take_one(self, phone: str, sender: str, text: str, accepted: int) -> dict[str, Any]:
        code = self._faults.now.recipient_code or accepted
        if not _PHONE.fullmatch(phone):
            code = 403
        elif self._store.rows("SELECT 1 FROM optouts WHERE phone = ?", phone):
            code = 406
        status = STATUS_WORDS.get(code, "Unheard")
        if code not in {100, 101, 102}:
            return {"statusCode": code, "number": phone, "status": status, "cost": "0", "messageId": "None"}
        message_id = new_id("ATXid_")
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO messages (id, recipient, sender, text, at, status) VALUES (?, ?, ?, ?, ?, ?)",
                (message_id, phone, sender, text, self._clock.now().isoformat(timespec="seconds"), "Accepted"),
            )
            self._promise_reports(message_id, phone)
        return {"statusCode": code, "number": phone, "status": status, "cost": COST, "messageId": message_id}

    def _promise_reports(self, message_id: str, phone: str) -> None:
        """Reports in the ordered sequence, kept on disk with the text itself."""
        for place, word in enumerate(self._faults.now.reports, start=1):
            form = {
                "id": message_id,
                "status": word,
                "phoneNumber": phone,
                "networkCode": network_of(phone),
                "retryCount": "0",
            }
            if word in FINAL_FAILURES:
                form["failureReason"] = FINAL_FAILURES[word]
            self._courier.promise("delivery", form, after_s=place * self._report_delay_s)

    def fetch(self, last_received_id: str) -> dict[str, Any]:
        """Texts received after the one with this id (`0`: from the first), a hundred at a time."""
        rows = self._store.rows(
            "SELECT form FROM inbound WHERE seq > coalesce((SELECT seq FROM inbound WHERE id = ?), 0)"
            " ORDER BY seq LIMIT ?",
            last_received_id,
            FETCH_MAX,
        )
        return {"SMSMessageData": {"Messages": [json.loads(row["form"]) for row in rows]}}

    def receive(self, phone: str, text: str, inbound_id: str | None) -> dict[str, Any]:
        """A phone texts the short code; delivered at once, and again until the product answers 200.

        An id already used posts that text again, as the provider does when an answer was lost.
        """
        inbound_id = inbound_id or new_id("ATMid_")
        now = self._clock.now()
        fresh = {
            "id": inbound_id,
            "linkId": new_id(""),
            "from": phone,
            "to": self._account.short_code,
            "text": text,
            "date": date_of(now),
            "networkCode": network_of(phone),
        }
        with self._store.transaction() as db:  # copies of one text come at once: the first is the text
            db.execute(
                "INSERT INTO inbound (id, sender, text, at, form) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (
                    inbound_id,
                    phone,
                    text,
                    now.isoformat(timespec="seconds"),
                    json.dumps(fresh, ensure_ascii=False),
                ),
            )
            (kept,) = self._store.rows("SELECT form FROM inbound WHERE id = ?", inbound_id)
        form = json.loads(kept["form"])
        answered = self._courier.deliver_now("inbound", form)
        return {"id": inbound_id, "status": "delivered" if answered == HTTPStatus.OK else "waiting", "http": answered}

    def opt_out(self, phone: str) -> None:
        """The subscriber opts out at the provider: later sends meet UserInBlacklist, and the product is told."""
        with self._store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO optouts (phone) VALUES (?)", (phone,))
        self._courier.promise("optout", {"senderId": self._account.short_code, "phoneNumber": phone})

    def opt_in(self, phone: str) -> None:
        """The subscriber takes it back; the provider tells nobody."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM optouts WHERE phone = ?", (phone,))

    def messages(self, recipient: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest texts taken, newest last; `status` is the last word a delivery report carried."""
        rows = self._store.rows(
            'SELECT id, recipient AS "to", sender AS "from", text, at, status FROM messages'
            " WHERE recipient = ? OR ? IS NULL ORDER BY seq DESC LIMIT ?",
            recipient,
            recipient,
            limit,
        )
        return rows[::-1]

    def received(self, sender: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest texts phones wrote, newest last."""
        rows = self._store.rows(
            'SELECT id, sender AS "from", text, at FROM inbound WHERE sender = ? OR ? IS NULL'
            " ORDER BY seq DESC LIMIT ?",
            sender,
            sender,
            limit,
        )
        return rows[::-1]


def _answer(message: str, recipients: list[dict[str, Any]]) -> dict[str, Any]:
    return {"SMSMessageData": {"Message": message, "Recipients": recipients}}
