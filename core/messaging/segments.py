"""What a text costs in SMS segments (3GPP TS 23.038), and what keeps one curly quote from doubling it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["gsm7", "ucs2"]

GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION: Final = frozenset("^{}\\[~]|€\f")  # each travels as ESC + a character: two septets
_GSM7: Final = GSM7_BASIC | GSM7_EXTENSION

# Septets (GSM-7) or UTF-16 code units (UCS-2): alone, and when six octets go to the concatenation header.
SINGLE_UNITS_MAX: Final[dict[Encoding, int]] = {"gsm7": 160, "ucs2": 70}
PART_UNITS_MAX: Final[dict[Encoding, int]] = {"gsm7": 153, "ucs2": 67}
_BMP_MAX: Final = 0xFFFF
_LATIN_MARKS: Final = frozenset(map(chr, range(0x0300, 0x0370)))  # Arabic's marks are elsewhere, and stay
# A letter of Arabic keeps a text in UCS-2, whatever is made plain around it: found early, it spares the search.
_NEVER_PLAIN: Final = frozenset(map(chr, range(0x0621, 0x064B)))

# Invisible to the reader, yet each alone turns 160 characters into 70.
_BIDI_MARKS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE: Final = dict.fromkeys(map(ord, _BIDI_MARKS + "\u00ad\u200b\u2060\ufeff"))
_BLANKS: Final = "\t\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
# What word processors and phone keyboards put in unasked. Accented letters are taken apart by Unicode itself.
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼʹ‹›", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−⁃", "-"),
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys("\u2028\u2029\u0085\v", "\n"),
        **dict.fromkeys("•·‣▪●", "*"),
        **dict.fromkeys("\u200c\u200d\ufe0e\ufe0f", ""),
        **dict(zip("…×⁄÷©®¦¢°", ("...", "x", "/", "/", "(c)", "(R)", "|", "c", "o"), strict=True)),
        **dict(zip("đĐłŁıœŒ", ("d", "D", "l", "L", "i", "oe", "OE"), strict=True)),
        **dict(zip("ŋŊɛƐɔƆɣƔ", "nNeEoOgG", strict=True)),  # letters of Dinka and Nuer
    }
)


@dataclass(frozen=True, slots=True)
class Measured:
    """How a text travels: alphabet, units (septets or UTF-16 code units), the segments it is billed as."""

    encoding: Encoding
    units: int
    segments: int


def measure(text: str) -> Measured:
    """Count a text as a network does. An empty text, if sent, is one segment."""
    if _GSM7.issuperset(text):
        return _measured(text, "gsm7", len(text) + sum(map(text.count, GSM7_EXTENSION)))
    return _measured(text, "ucs2", len(text.encode("utf-16-le", "surrogatepass")) // 2)


def substitute(text: str) -> str:
    """Return the text without what would force UCS-2 by accident.

    Marks of direction go in any case. Quotes, dashes, blanks and accents are made plain only when the whole
    text then fits GSM-7 in no more segments: beside Arabic or an emoji they cost nothing and stay.
    """
    visible = text.translate(_INVISIBLE)
    if _GSM7.issuperset(visible) or not _NEVER_PLAIN.isdisjoint(visible):
        return visible
    plain = "".join(map(_plain_character, unicodedata.normalize("NFC", visible).translate(_PLAIN)))
    if _GSM7.issuperset(plain) and measure(plain).segments <= measure(visible).segments:
        return plain
    return visible


def _measured(text: str, encoding: Encoding, units: int) -> Measured:
    if units <= SINGLE_UNITS_MAX[encoding]:
        return Measured(encoding, units, 1)
    if encoding == "gsm7":
        widths = [2 if character in GSM7_EXTENSION else 1 for character in text]
    else:
        widths = [2 if ord(character) > _BMP_MAX else 1 for character in text]
    return Measured(encoding, units, _parts(widths, PART_UNITS_MAX[encoding]))


def _parts(widths: Iterable[int], part_units_max: int) -> int:
    """Fill parts in order; a character of two units that does not fit whole opens the next part."""
    parts, used = 1, 0
    for width in widths:
        if used + width > part_units_max:
            parts, used = parts + 1, 0
        used += width
    return parts


def _plain_character(character: str) -> str:
    """`ç` as `c`, `ﬁ` as `fi`; what does not come apart into GSM-7 stays itself and so decides for UCS-2."""
    if character in _GSM7:
        return character
    if character in _LATIN_MARKS:  # Dinka ɛ̈ has no single code point: its dots stand alone here
        return ""
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in parts if not unicodedata.combining(part)).translate(_PLAIN)
    return bare if bare and _GSM7.issuperset(bare) else character
