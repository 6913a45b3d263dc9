"""A sheet: what stands on a page in words and figures, in one language or both. Paper and screen draw the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.documents.papers import Party
from core.documents.speech import told
from core.languages import Language
from core.money import MINOR_DIGITS, Money

PaperLanguage = Literal["en", "ar", "both"]
PAPER_LANGUAGES: Final[tuple[PaperLanguage, ...]] = ("en", "ar", "both")
# The same said in each language of the sheet, in their order. Nothing: there is nothing to say.
Words = tuple[str, ...]
# English stands left, Arabic right.
_LANGUAGES_OF: Final[dict[PaperLanguage, tuple[Language, ...]]] = {"en": ("en",), "ar": ("ar",), "both": ("en", "ar")}


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; where both languages have the same value, it is drawn once."""

    label: Words
    value: Words
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what leads it (a number or a day), words, a note below them, and figures."""

    words: Words
    figures: tuple[str, ...]
    lead: str = ""
    note: Words = ()
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the heads of the leading column, the words and the figures, and its rows."""

    lead: Words
    head: Words
    figures: tuple[Words, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: who sells, who buys, what for, and what it comes to.

    `sums` stand below `tables`, and `after` below them. `pay` says how to pay under its heading, `notes` are the small
    print. `mark` is said beside the title: that it is paid. `pages` holds {page} and {pages}.
    """

    paper: Literal["a4", "a5"]
    languages: tuple[Language, ...]
    title: Words
    number: str
    mark: Words
    seller: tuple[str, ...]
    tin: Words
    buyer: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    tables: tuple[Grid, ...]
    sums: tuple[Row, ...]
    after: tuple[Grid, ...]
    pay: tuple[Words, ...]
    notes: tuple[Words, ...]
    pages: Words


class Speaker:
    """Says things in the languages of one sheet, and writes its figures alike: all with piasters, or none."""

    def __init__(self, language: PaperLanguage, amounts: Sequence[Money]) -> None:
        self.languages = _LANGUAGES_OF[language]
        self._fraction = any(money.minor % 10 ** MINOR_DIGITS[money.currency] for money in amounts)

    def say(self, original: str, /, **facts: object) -> Words:
        """A text with its facts."""
        return tuple(told(language, original, **facts) for language in self.languages)

    def same(self, fact: object) -> Words:
        """A fact that reads alike in both."""
        return self.say("{fact}", fact=fact)

    def figure(self, money: Money | None) -> str:
        """An amount in a column, whose head names the currency."""
        if money is None:
            return ""
        return f"{money.major:,.{MINOR_DIGITS[money.currency] if self._fraction else 0}f}"

    def fact(self, original: str, value: object, *, strong: bool = False) -> Fact:
        """A label with a value that is the same in both languages."""
        return Fact(self.say(original), self.same(value), strong)


def seller_lines(seller: Party) -> tuple[str, ...]:
    """The seller's name, and the address below it."""
    return tuple(line for line in (seller.name, seller.address) if line)
