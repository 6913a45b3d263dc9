"""What a line may be in our books, and why we think so. Certain is what names one customer or one payment, no other.

A guess that is not certain is a suggestion: a person decides. Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.statements.bills import Bill
from core.statements.lines import Line
from core.statements.references import look_alike, said_in

GUESSES_MAX: Final = 8
NAME_WORDS_MIN: Final = 2
WORD_CHARS_MIN: Final = 3
# Why a guess was made, the strongest first: the order in which they are shown.
WHYS: Final = (
    "their_id",
    "our_id",
    "claimed",
    "reference",
    "bill",
    "slip",
    "claim_differs",
    "bill_differs",
    "number_in_text",
    "phone",
    "looks_like_claim",
    "name_and_amount",
    "amount_and_day",
    "amount_differs",
)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a line may be: `kind` and the id of what it names, how much of the line, and why."""

    kind: str  # customer, receipt, payout, banked
    target: int
    amount_minor: int
    why: str
    certain: bool = False
    label: str = ""
    invoice_id: int | None = None
    claim_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as far as matching needs them."""

    customer_id: int
    number: str
    name: str
    open: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A waiting claim. `phones` are all of the claimant's."""

    claim_id: int
    customer: Person
    reference: str
    said_minor: int | None
    phones: frozenset[str]


@dataclass(frozen=True, slots=True)
class Expected:
    """Something in our books that the other side should tell of: a receipt, a payout, cash taken to the bank."""

    kind: str
    target: int
    label: str
    left_minor: int
    theirs: str = ""
    ours: str = ""
    near: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a handful of lines, read at once."""

    claims: Mapping[str, Claimed] = field(default_factory=dict)
    by_number: Mapping[str, Person] = field(default_factory=dict)
    by_phone: Mapping[str, Person] = field(default_factory=dict)
    bills: Mapping[str, Bill] = field(default_factory=dict)
    owing: Sequence[Bill] = ()
    by_their_id: Mapping[str, Expected] = field(default_factory=dict)
    by_our_id: Mapping[str, Expected] = field(default_factory=dict)
    cash: Sequence[Expected] = ()


def guesses(line: Line, known: Known) -> list[Guess]:
    """All guesses about a line, the strongest first."""
    found = [*_known_movement(line, known)]
    if line.amount_minor > 0:
        found += [*_claims(line, known), *_named(line, known), *_banked(line, known), *_resembling(line, known)]
    elif line.amount_minor < 0:
        found += _banked(line, known)
    best: dict[tuple[str, int], Guess] = {}
    for guess in sorted(found, key=lambda one: (not one.certain, WHYS.index(one.why))):
        best.setdefault((guess.kind, guess.target), guess)
    return list(best.values())[:GUESSES_MAX]


def certain(line: Line, known: Known) -> Guess | None:
    """The one guess that needs no person: certain, and no other certain one contradicts it."""
    sure = [guess for guess in guesses(line, known) if guess.certain]
    return sure[0] if len(sure) == 1 else None


def _known_movement(line: Line, known: Known) -> Iterable[Guess]:
    """A payment that we know already, by their number or by ours."""
    amount = abs(line.amount_minor)
    wanted = ("receipt",) if line.amount_minor > 0 else ("payout",)
    for one, why in (
        (known.by_their_id.get(line.reference or ""), "their_id"),
        (known.by_our_id.get((line.external_id or "").lower()), "our_id"),
    ):
        if one is None or one.kind not in wanted or one.left_minor <= 0:
            continue
        same = one.left_minor == amount
        yield Guess(
            one.kind, one.target, min(amount, one.left_minor), why if same else "amount_differs", same, one.label
        )


def _claims(line: Line, known: Known) -> Iterable[Guess]:
    """Somebody sent in this transaction id."""
    claim = known.claims.get(line.reference or "")
    if claim is not None:
        agrees = claim.said_minor in (None, line.amount_minor) and (
            line.payer_phone is None or line.payer_phone in claim.phones
        )
        yield Guess(
            "customer",
            claim.customer.customer_id,
            line.amount_minor,
            "claimed" if agrees else "claim_differs",
            agrees and claim.customer.open,
            f"{claim.customer.number} {claim.customer.name}".strip(),
            claim_id=claim.claim_id,
        )
    elif line.reference:
        alike = look_alike(line.reference)
        for one in known.claims.values():
            if look_alike(one.reference) == alike:
                yield _person(one.customer, line, "looks_like_claim", claim_id=one.claim_id)


def _named(line: Line, known: Known) -> Iterable[Guess]:
    """The texts name a customer or a bill."""
    said = said_in(line.details, line.external_id, line.reference)
    people = {number: known.by_number[number] for number in said.references if number in known.by_number}
    for person in people.values():
        yield _person(person, line, "reference", sure=len(people) == 1 and person.open)
    for number in said.documents:
        bill = known.bills.get(number)
        if bill is not None:
            # A number without a check digit: one wrong digit names somebody else's bill, hardly one of this amount.
            same = bill.due_minor == line.amount_minor
            yield Guess(
                "customer",
                bill.customer_id,
                line.amount_minor,
                "bill" if same else "bill_differs",
                same and len(said.documents) == 1,
                f"{bill.customer_number} {bill.customer_name}".strip(),
                invoice_id=bill.invoice_id,
            )
    for number in said.bare:
        if number in known.by_number:
            yield _person(known.by_number[number], line, "number_in_text")
    caller = known.by_phone.get(line.payer_phone or "")
    if caller is not None:
        yield _person(caller, line, "phone")


def _person(person: Person, line: Line, why: str, *, sure: bool = False, claim_id: int | None = None) -> Guess:
    label = f"{person.number} {person.name}".strip()
    return Guess("customer", person.customer_id, line.amount_minor, why, sure, label, claim_id=claim_id)


def _banked(line: Line, known: Known) -> Iterable[Guess]:
    """Cash taken to the bank, or fetched from it: by its slip and amount, or by amount and day."""
    texts = " ".join(filter(None, (line.reference, line.external_id, line.details))).upper()
    words = {word.strip("#.,:;()[]") for word in texts.split()}
    amount = abs(line.amount_minor)
    slips = [one for one in known.cash if one.theirs and one.theirs.upper() in words]
    for one in known.cash:
        if (one.kind == "banked") != (line.amount_minor > 0) or one.left_minor <= 0:
            continue
        if one in slips:
            same = one.left_minor == amount and len(slips) == 1
            yield Guess("banked", one.target, min(amount, one.left_minor), "slip", same, one.label)
        elif one.near and one.left_minor == amount:
            yield Guess("banked", one.target, amount, "amount_and_day", label=one.label)


def _resembling(line: Line, known: Known) -> Iterable[Guess]:
    """One customer owes exactly this, and the payer has their name."""
    words = name_words(f"{line.payer or ''} {line.details or ''}")
    if not words:
        return
    alike = [
        bill
        for bill in known.owing
        if bill.due_minor == line.amount_minor and _same_name(name_words(bill.customer_name), words)
    ]
    if len({bill.customer_id for bill in alike}) == 1:
        bill = alike[0]
        label = f"{bill.customer_number} {bill.customer_name}".strip()
        yield Guess(
            "customer",
            bill.customer_id,
            line.amount_minor,
            "name_and_amount",
            label=label,
            invoice_id=bill.invoice_id,
        )


def name_words(text: str) -> frozenset[str]:
    """The words of a name that tell people apart."""
    return frozenset(word.strip(".,;:-'") for word in text.casefold().split() if len(word) >= WORD_CHARS_MIN)


def _same_name(name: frozenset[str], words: frozenset[str]) -> bool:
    return bool(name) and len(name & words) >= min(NAME_WORDS_MIN, len(name))
