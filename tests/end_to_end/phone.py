"""A person with a phone in the town: dials, reads, texts, pays, and takes a device to the Wi-Fi."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from tests.end_to_end.house import House
from tests.end_to_end.waiting import await_until

APPROVE = "with the MoMo PIN"
ALREADY_ASKED = "already waits for your approval"
# What somebody who wants an hour at the market looks for on any screen, the first that is there.
AIMS = ("English", "Go on", "Buy Wi-Fi", "1 hour 300", "Juba Town Wi-Fi", "For me", "By MoMo")


@dataclass(frozen=True)
class Screen:
    """What the phone shows."""

    text: str
    ends: bool

    def key_for(self, label: str) -> str | None:
        found = re.search(rf"^(\d+)\. {re.escape(label)}$", self.text, re.MULTILINE)
        return found[1] if found else None


@dataclass(frozen=True)
class Credentials:
    """What came by SMS."""

    ssid: str
    user: str
    password: str


class Phone:
    """One number, and the one device its owner takes to the Wi-Fi."""

    def __init__(self, house: House, number: str) -> None:
        self.house = house
        self.number = number
        self.mac = f"AA:BB:CC:{number[-6:-4]}:{number[-4:-2]}:{number[-2:]}"
        self._session: str | None = None
        self._screen: Screen | None = None

    # ------------------------------------------------------------------ dialling

    def dial(self, code: str = "*384*77#") -> Screen:
        return self._hop({"phone": self.number, "input": code})

    def press(self, *keys: str) -> Screen:
        """Answer the screen, and the next ones; the last screen."""
        for key in keys:
            screen = self._hop({"phone": self.number, "session": self._session, "input": key})
        return screen

    def _hop(self, body: dict[str, Any]) -> Screen:
        answer = self.house.town("ussd", body)
        self._session = answer["session"]
        self._screen = Screen(answer["text"], answer["type"] == "END")
        return self._screen

    def is_asked_to_approve(self) -> bool:
        """Take one step towards an hour of Wi-Fi; true once told to approve. Whoever is cut off dials again."""
        screen, self._screen = self._screen, None
        if screen is not None and (APPROVE in screen.text or ALREADY_ASKED in screen.text):
            return True
        aims = [] if screen is None or screen.ends else [screen.key_for(aim) for aim in AIMS]
        key = next((key for key in aims if key), None)
        if key:
            self.press(key)
        else:
            self.dial()
        return False

    # ------------------------------------------------------------------ texts

    def text(self, words: str, text_id: str | None = None) -> dict[str, Any]:
        """Send an SMS to the short code."""
        return self.house.town("sms", {"from": self.number, "text": words, "id": text_id})

    def texts(self) -> list[str]:
        """All SMS this phone got, oldest first."""
        return [message["text"] for message in self.house.town(f"messages?to={quote(self.number)}")["messages"]]

    def hears(self, words: str, count: int = 1) -> str:
        """Wait for the SMS with these words, the `count`-th of them."""

        def found() -> list[str]:
            return [text for text in self.texts() if words in text]

        return await_until(lambda: found()[count - 1 :], what=f"{words!r} for {self.number}")[0]

    def credentials(self) -> list[Credentials]:
        """Every token texted to this phone."""
        form = r"Wi-Fi: (.+)\nUser: (\S+)\nPassword: (\S+)\n"
        return [Credentials(*found.groups()) for text in self.texts() if (found := re.match(form, text))]

    def gets_credentials(self) -> Credentials:
        return await_until(self.credentials, what=f"a token for {self.number}")[0]

    # ------------------------------------------------------------------ MoMo

    def requests(self, status: str) -> list[dict[str, Any]]:
        """What this phone was asked to pay."""
        asked = self.house.town(f"requests?msisdn={quote(self.number)}")["requests"]
        return [row for row in asked if row["status"] == status]

    def approves(self) -> None:
        """Wait for the prompt and type the PIN."""
        await_until(self._has_approved, what=f"a MoMo prompt for {self.number}")

    def _has_approved(self) -> bool:
        if self.requests("PENDING"):
            self.house.town("decide", {"msisdn": self.number, "decision": "approve"})
        return bool(self.requests("SUCCESSFUL"))

    # ------------------------------------------------------------------ Wi-Fi

    def log_in(self, router: str, token: Credentials) -> bool:
        """Try the token on the hotspot's page; false when it refuses."""
        try:
            self.house.town(
                f"routers/{router}/login", {"user": token.user, "password": token.password, "mac": self.mac}
            )
        except requests.HTTPError as error:
            if error.response.status_code == requests.codes.conflict:
                return False
            raise
        return True

    def goes_online(self, router: str, token: Credentials) -> None:
        await_until(lambda: self.log_in(router, token), what=f"{token.user} online at {router}")

    def is_online(self, router: str, token: Credentials) -> bool:
        return any(session["user"] == token.user for session in self.house.router(router)["active"])
