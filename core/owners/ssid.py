"""The name of a Wi-Fi network, as 802.11 carries it, RouterOS takes it and any phone can show it. No I/O."""

from __future__ import annotations

import unicodedata
from typing import Final

from core.errors import InvalidSsid
from core.owners.limits import SSID_BYTES_MAX

_SIGNS: Final = frozenset(" .,-_'’&()/!#@:+*=")  # none that a router's console or a QR code would read as its own


def clean_ssid(typed: str) -> str:
    """A network's name: letters of any script, digits and plain signs, without spaces at its ends.

    No emoji: a name is texted to phones that cannot show them, and each text with one costs twice.

    Raises:
        InvalidSsid: empty, more than 32 bytes, or with a sign that is none of these.
    """
    name = unicodedata.normalize("NFC", typed).strip(" ")
    fine = all(one.isalpha() or unicodedata.category(one) in {"Mn", "Mc", "Nd"} or one in _SIGNS for one in name)
    if not fine or not any(one.isalnum() for one in name) or len(name.encode()) > SSID_BYTES_MAX:
        raise InvalidSsid
    return name
