"""Money: a whole number of minor units in one currency. Never a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

# ISO 4217: code -> digits after the point. SSP piasters exist on paper only; books keep them all the same.
MINOR_DIGITS: Final = {"SSP": 2, "USD": 2, "EUR": 2, "UGX": 0, "XOF": 0, "XAF": 0}
AMOUNT_MINOR_MAX: Final = 10**15  # ten trillion pounds; far inside BIGINT so that sums cannot overflow


class CurrencyMismatchError(AssertionError):
    """Two currencies met in one sum: our own mistake, never the customer's."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (SSP 5.00 is 500) of one ISO 4217 currency.

    Raises:
        ValueError: an unknown currency, a non-integer amount, or one beyond `AMOUNT_MINOR_MAX`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if type(self.minor) is not int or abs(self.minor) > AMOUNT_MINOR_MAX:
            raise ValueError("an amount is a whole number of minor units within bounds")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Major units, exactly: `Money.of("1500.50", "SSP")`. More digits than the currency has is an error."""
        digits = MINOR_DIGITS.get(currency)
        if digits is None:
            raise ValueError(f"unknown currency {currency!r}")
        value = Decimal(amount)
        if not value.is_finite() or abs(value) > AMOUNT_MINOR_MAX:
            raise ValueError("not an amount")
        scaled = value.scaleb(digits)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{currency} has {digits} digits after the point")
        return cls(int(scaled), currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} in one sum")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise TypeError("money is multiplied by whole numbers; a share is taken with split() or share()")
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __bool__(self) -> bool:
        return self.minor != 0

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency])

    def share_half_even(self, numerator: int, denominator: int) -> Money:
        """This times numerator/denominator, to the nearest minor unit, ties to even (ISO 80000-1 rule B)."""
        exact = Decimal(self.minor) * numerator / denominator
        return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to the weights that sum to the whole.

        Each part is rounded towards zero; the minor units left over go one each to the earliest parts
        with a weight (largest-remainder would need a tie rule as well; first-come is easier to explain).
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights are not negative and not all zero")
        sign = -1 if self.minor < 0 else 1
        whole = abs(self.minor)
        parts = [whole * weight // total for weight in weights]
        left = whole - sum(parts)
        for index, weight in enumerate(weights):
            if left == 0:
                break
            if weight:
                parts[index] += 1
                left -= 1
        return [Money(sign * part, self.currency) for part in parts]

    def __str__(self) -> str:
        """ISO code first, thousands grouped, a fraction only when there is one: `SSP 1,500`."""
        digits = MINOR_DIGITS[self.currency]
        text = f"{self.major:,.{digits}f}"
        if digits and text.endswith("." + "0" * digits):
            text = text[: -digits - 1]
        return f"{self.currency} {text}"
