"""Customers who log in on the web."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


@refusal
class WrongSecret(Refusal):
    """Phone, PIN or password is wrong; which of them is not said."""


@refusal
class SecretLocked(Refusal):
    """So many wrong tries for a phone that only a code by SMS lets it in. Known or not, it is the same."""


@refusal
class WeakSecret(Refusal):
    """Not a PIN or password that can be chosen. It is no fact: facts are shown and logged."""

    digits: int
    least_chars: int


@refusal
class CodeNotGood(Refusal):
    """The code is wrong, used, too old, or was tried too often."""


@refusal
class VisitNotFresh(Refusal):
    """A new secret is chosen only right after a code was typed."""
