"""Tokens, and the cards they are printed on."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


@refusal
class WrongCode(Refusal):
    """What was typed is no code of ours."""


@refusal
class CardNotSold(Refusal):
    """The card is good for nothing before its seller has activated it."""


@refusal
class CodeUsed(Refusal):
    """The code is in use on another phone."""


@refusal
class DeviceLimit(Refusal):
    """As many devices as its plan allows were let in with it."""

    devices: int


@refusal
class CardsOutOfRange(Refusal):
    """No batch has so few or so many cards."""

    cards: int


@refusal
class TooManyUnsold(Refusal):
    """An owner has so many cards that are not sold that they may make no more."""

    cards: int
    most: int


@refusal
class CardsNotThere(Refusal):
    """Some cards of a range are sold or voided already, or there are none with these numbers."""

    first_card: int
    last_card: int


@refusal
class NoPausesLeft(Refusal):
    """The plan allows no pause, or no more of them."""

    pauses: int


@refusal
class OtherNetwork(Refusal):
    """The code is good at another network."""

    ssid: str
