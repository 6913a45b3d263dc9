"""Where a conversation stands: small, plain, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.callers.commands import Command
from core.callers.facts import Facts


@dataclass(frozen=True, slots=True)
class Session:
    """A state, the page of its screen, and what was answered so far."""

    state: str
    page: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a store."""
        return {"state": self.state, "page": self.page, "data": dict(self.data)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Session:
        """The session a store gave back."""
        return cls(str(stored["state"]), int(stored.get("page", 0)), dict(stored.get("data", {})))


@dataclass(frozen=True, slots=True)
class Answer:
    """How a state read what was typed: the move it means, what to remember, what to have done.

    Without a trigger nothing moves and `notice` says why, in the reader's tongue. `facts` replace the ones handed
    in when the answer itself changed them (a language chosen is spoken at once). `session` goes on elsewhere.
    """

    trigger: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    command: Command | None = None
    notice: str = ""
    facts: Facts | None = None
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a state shows: a head, numbered choices, and whether the conversation ends with it."""

    head: str
    options: tuple[tuple[str, str], ...] = ()
    ends: bool = False
    back: bool = True


@dataclass(frozen=True, slots=True)
class Screen:
    """A text that fits one screen."""

    text: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of a step."""

    session: Session
    screen: Screen
    commands: tuple[Command, ...] = ()
