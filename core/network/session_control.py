"""What we ask of a router about a session that runs, in our own words, and the Protocol a gateway fulfils."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NasAddress:
    """Where a router hears such requests, and the secret that signs them."""

    host: str
    port: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its router knows it: by all of these together, for each alone finds the wrong one somewhere."""

    username: str
    session: str
    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast, in kbit/s; `rate` is the same as RouterOS reads it."""

    up_kbps: int
    down_kbps: int
    rate: str


class Answer(StrEnum):
    """What came of it. NOBODY: the router knows no such session."""

    DONE = "done"
    NOBODY = "nobody"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the router's own word for a refusal."""

    answer: Answer
    cause: str = ""


class SessionControl(Protocol):
    """Ends sessions and changes them. Asking twice is asking once."""

    def disconnect(self, nas: NasAddress, session: OpenSession) -> Answered:
        """End it.

        Raises:
            GatewayError: the router does not answer.
        """
        ...

    def change(self, nas: NasAddress, session: OpenSession, speed: Speed) -> Answered:
        """Give it another speed.

        Raises:
            GatewayError: the router does not answer.
        """
        ...
