"""People who log in, and what they may."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


@refusal
class NotAllowed(Refusal):
    """The role lacks the permission."""

    permission: str


@refusal
class WrongPassword(Refusal):
    """Name or password is wrong; which of the two is not said."""


@refusal
class WeakPassword(Refusal):
    """Too short, too long, or the user name itself. The password is no fact: facts are shown and logged."""

    least_chars: int


@refusal
class InvalidUsername(Refusal):
    """Not a name to log in with."""

    typed: str


@refusal
class UsernameTaken(Refusal):
    """Somebody logs in with this name already."""

    username: str


@refusal
class LastAdmin(Refusal):
    """Nobody would be left who may manage staff."""

    username: str
