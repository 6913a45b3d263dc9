"""Wi-Fi owners, and what they sell and give away."""

from __future__ import annotations

from core.errors.kinds import Refusal, refusal


@refusal
class NotAnOwner(Refusal):
    """Neither the owner of this network nor one of their helpers."""


@refusal
class OwnerSuspended(Refusal):
    """The owner may sell nothing now."""


@refusal
class HelpsAlready(Refusal):
    """The phone is an owner's, or sells for one already."""

    phone: str


@refusal
class InvalidSsid(Refusal):
    """No name that a network can have."""


@refusal
class InvalidWifiPassword(Refusal):
    """No password that a router takes. It is not a fact of the refusal: it would be told."""


@refusal
class OwnNumber(Refusal):
    """The seller's own phone."""


@refusal
class NotOnList(Refusal):
    """The owner does not sell this plan."""


@refusal
class GiftsUsedUp(Refusal):
    """As many tokens were given away today as may be."""

    most: int


@refusal
class HadGift(Refusal):
    """The phone had its free token today."""

    phone: str


@refusal
class MomoNotConfirmed(Refusal):
    """The owner has no confirmed MoMo number that their share could go to."""
