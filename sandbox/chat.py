"""A phone in a terminal: dial, answer, read texts, approve MoMo. Speaks to the running town, like the page does."""

from __future__ import annotations

import json
import select
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.errors import Refusal
from core.phones import parse_phone
from flows.refusals import sentence

TIMEOUT_S: Final = 20
HELP: Final = (
    "Type what you would type on the phone. A code such as *384*77# dials.\n"
    ":sms TEXT sends a text, :yes / :no answers a MoMo prompt, :wait looks for texts, :end hangs up, :quit leaves."
)
PROVIDERS: Final = {"momo": "MoMo", "orange": "Orange Money"}  # whose prompts come to a phone
LANGUAGE_KEYS: Final = {"en": "1", "ar": "2"}


@dataclass
class Phone:
    """One phone on the town's network."""

    town: str
    number: str
    service_code: str
    session: str | None = None
    seen: set[str] = field(default_factory=set)
    prompted: set[str] = field(default_factory=set)
    prompter: str = "momo"

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the town; its refusals come back as its own words."""
        request = urllib.request.Request(  # noqa: S310 - the town's own loopback address from demo.json
            f"{self.town}/sandbox/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            return {"refused": text[:300]}
        return found

    def dial(self, typed: str) -> list[str]:
        """Dial a code, or answer the screen."""
        body: dict[str, Any] = {"phone": self.number, "input": typed}
        if self.session and not typed.startswith("*"):
            body["session"] = self.session
        answer = self.call("ussd", body)
        if "refused" in answer:
            self.session = None
            return [answer["refused"]]
        self.session = answer["session"] if answer.get("type") == "CON" else None
        return [*str(answer.get("text", "")).splitlines(), *([] if self.session else ["(call ended)"])]

    def text(self, words: str) -> list[str]:
        """Send a text to the short code."""
        answer = self.call("sms", {"from": self.number, "text": words})
        return [answer["refused"]] if "refused" in answer else []

    def news(self) -> list[str]:
        """Texts and prompts to pay that came since the last look."""
        lines: list[str] = []
        to = urllib.parse.quote(self.number)
        for message in self.call(f"messages?to={to}").get("messages", []):
            if message["id"] not in self.seen:
                self.seen.add(message["id"])
                lines += ["[SMS] " + message["text"].replace("\n", "\n      ")]
        for provider, name in PROVIDERS.items():
            for wanted in self.call(f"{provider}/requests?msisdn={to}").get("requests", []):
                if wanted["status"] == "PENDING" and wanted["reference"] not in self.prompted:
                    self.prompted.add(wanted["reference"])
                    self.prompter = provider
                    lines.append(f"[{name}] Pay {wanted['currency']} {wanted['amount']} to Shabaka?  :yes or :no")
        return lines

    def decide(self, decision: str) -> list[str]:
        """Answer the prompt that came last."""
        answer = self.call(f"{self.prompter}/decide", {"msisdn": self.number, "decision": decision})
        return [answer["refused"]] if "refused" in answer else []


def chat(*, home: Path, phone: str, sms: bool, language: str | None) -> int:
    """Run the terminal phone until end of input. Exit 1 when no town is running or the number is none."""
    try:
        demo = json.loads((home / "demo.json").read_text(encoding="utf-8"))
        handset = Phone(demo["town"], parse_phone(phone), demo["service_code"])
        for message in handset.call(f"messages?to={urllib.parse.quote(handset.number)}").get("messages", []):
            handset.seen.add(message["id"])
    except (OSError, ValueError, KeyError):
        _err(f"No town is running in {home}. Start it with `make run` in another terminal.")
        return 1
    except Refusal as refusal:
        _err(sentence(refusal, "en"))
        return 1
    _show([f"This is {handset.number}. {HELP}"])
    if not sms:
        _show(_begin(handset, language))
    while (typed := _read(handset)) is not None:
        if typed == ":quit":
            break
        if typed:
            _show(_act(handset, typed, sms=sms))
        _show(_settle(handset))
    return 0


def _begin(handset: Phone, language: str | None) -> list[str]:
    lines = handset.dial(handset.service_code)
    if language and any("English" in line for line in lines):
        lines += handset.dial(LANGUAGE_KEYS[language])
    return lines


def _act(handset: Phone, typed: str, *, sms: bool) -> list[str]:
    if typed in (":yes", ":no"):
        return handset.decide("approve" if typed == ":yes" else "reject")
    if typed == ":end":
        if handset.session:
            handset.call("ussd/end", {"session": handset.session})
        handset.session = None
        return ["(hung up)"]
    if typed == ":wait":
        return []
    if typed.startswith(":sms "):
        return handset.text(typed[5:])
    if sms and not typed.startswith("*"):
        return handset.text(typed)
    if handset.session is None and not typed.startswith("*"):
        return [f"No call is open. Dial {handset.service_code}."]
    return handset.dial(typed)


def _settle(handset: Phone, patience_s: float = 3.0) -> list[str]:
    """What arrives in the next moments: an answer by text takes a second."""
    lines: list[str] = []
    deadline = time.monotonic() + (patience_s if handset.session is None else 0)
    while True:
        fresh = handset.news()
        lines += fresh
        if time.monotonic() >= deadline or (lines and not fresh):
            return lines
        time.sleep(0.3)


def _read(handset: Phone) -> str | None:
    """The next line typed; texts that arrive while nothing is typed are shown at once."""
    sys.stdout.write("> ")
    sys.stdout.flush()
    while sys.stdin.isatty() and not select.select([sys.stdin], [], [], 2.0)[0]:
        news = handset.news()
        if news:
            _show(["", *news])
            sys.stdout.write("> ")
            sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _show(lines: list[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _err(text: str) -> None:
    sys.stderr.write(f"{text}\n")
