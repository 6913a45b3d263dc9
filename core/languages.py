"""Languages: English, Arabic, and Arabic in Latin letters for phones without Arabic glyphs.

Texts are looked up by their English original in `locales/<language>/LC_MESSAGES/messages.po`, read by Babel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from gettext import c2py  # compiles the header's own rule
from pathlib import Path
from typing import Final, Literal

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from core.money import Money

Language = Literal["en", "ar"]
Script = Literal["arabic", "latin"]
Tongue = Literal["en", "ar", "ar_Latn"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ar")
TONGUES: Final[tuple[Tongue, ...]] = ("en", "ar", "ar_Latn")
LOCALES: Final = Path(__file__).resolve().parent.parent / "locales"


def tongue_of(language: str, script: str | None, network_script: str = "arabic") -> Tongue:
    """Which catalogue a reader gets: the customer's own script wins over what their network can show."""
    if language != "ar":
        return "en"
    return "ar_Latn" if (script or network_script) == "latin" else "ar"


@cache
def catalogue(tongue: str) -> Catalog:
    """The catalogue of a tongue as its file has it."""
    with (LOCALES / tongue / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


@cache
def _texts(tongue: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for message in catalogue(tongue):
        if message.id and not message.fuzzy and isinstance(message.id, str) and message.string:
            texts[message.id] = str(message.string)
    return texts


def marked(text: str) -> str:
    """Mark an English original for the catalogues where it is not said at once."""
    return text


def counted(one: str, many: str) -> tuple[str, str]:
    """Mark an English singular and plural for the catalogues."""
    return one, many


def say(tongue: str, original: str, /, **facts: object) -> str:
    """The original in the tongue, with its `{facts}` filled in. What has no translation is said in English."""
    text = _texts(tongue).get(original, original)
    if not facts:
        return text
    return text.format(**{name: spoken(tongue, fact) for name, fact in facts.items()})


def spoken(tongue: str, fact: object) -> object:
    """A fact as a phone shows it: money with its code in front; in Arabic script the pound by its name."""
    if isinstance(fact, Money):
        text = str(fact)
        if tongue == "ar" and fact.currency == "SSP":
            return text.removeprefix("SSP ") + " جنيه"
        return text
    return fact


@cache
def _counted(tongue: str) -> dict[str, tuple[str, ...]]:
    forms: dict[str, tuple[str, ...]] = {}
    for message in catalogue(tongue):
        if isinstance(message.id, tuple | list) and isinstance(message.string, tuple | list) and all(message.string):
            forms[message.id[0]] = tuple(message.string)
    return forms


@cache
def _plural_rule(tongue: str) -> Callable[[int], int]:
    rule: Callable[[int], int] = c2py(catalogue(tongue).plural_expr)
    return rule


def say_count(tongue: str, one: str, many: str, n: int) -> str:
    """A counted thing in the tongue's own plural form: Arabic has six."""
    forms = _counted(tongue).get(one)
    if forms is None:
        return (one if n == 1 else many).format(n=n)
    return forms[min(_plural_rule(tongue)(n), len(forms) - 1)].format(n=n)
