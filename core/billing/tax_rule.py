"""Taxes on a document: computed per class of product on the sum of its lines, in order, each rounded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from core.catalog.taxes import MILLION, TaxTerms
from core.money import Money

# On every document, so that an auditor can compute it again: each tax half to even to the piaster (ISO 80000-1,
# rule B), then the total to the step, ties to even as well.
ROUNDING_RULE: Final = "half_even"


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """One tax on one class of products. An exempt customer's stands there with its proof, and is not paid."""

    terms: TaxTerms
    base: Money
    amount: Money
    exemption: str | None = None

    @property
    def payable(self) -> Money:
        """What of it is paid."""
        return self.amount if self.exemption is None else Money(0, self.amount.currency)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to. `net` is without any tax; `rounding` brings the total to the step."""

    net: Money
    tax: Money
    rounding: Money
    total: Money
    taxes: tuple[TaxAmount, ...]


def assess(
    amounts: Mapping[str, Money],
    rates: Sequence[TaxTerms],
    exemptions: Mapping[int, str],
    step_minor: int,
) -> Totals:
    """The totals of lines summed by class of product.

    An inclusive tax is taken out of the amount, the others come on top; a compound one is computed on the net amount
    and the taxes before it. Who is exempt from an inclusive tax pays the price without it. The last inclusive tax of
    a class takes what rounding leaves, so that the parts come to the price.
    """
    currency = next(iter(amounts.values())).currency
    net, taxes = Money(0, currency), []
    for product_class, amount in sorted(amounts.items()):
        class_net, class_taxes = _of_class(amount, [r for r in rates if r.product_class == product_class], exemptions)
        net += class_net
        taxes += class_taxes
    tax = sum((one.payable for one in taxes), Money(0, currency))
    exact = net + tax
    total = Money(_to_step(exact.minor, step_minor), currency)
    return Totals(net, tax, total - exact, total, tuple(taxes))


def _of_class(amount: Money, rates: Sequence[TaxTerms], exemptions: Mapping[int, str]) -> tuple[Money, list[TaxAmount]]:
    inclusive = [rate for rate in rates if rate.inclusive]
    net = _without(amount, inclusive)
    taxes: list[TaxAmount] = []
    base_of_compound = net
    for rate in rates:
        base = base_of_compound if rate.compound else net
        part = base.share_half_even(rate.rate_millionths, MILLION)
        if inclusive and rate is inclusive[-1]:
            part = amount - net - sum((one.amount for one in taxes if one.terms.inclusive), Money(0, net.currency))
        tax = TaxAmount(rate, base, part, exemptions.get(rate.tax_id))
        taxes.append(tax)
        base_of_compound += tax.payable
    return net, taxes


def _without(amount: Money, inclusive: Sequence[TaxTerms]) -> Money:
    """The amount less the taxes it holds."""
    factor = Decimal(1)
    for rate in inclusive:
        share = Decimal(rate.rate_millionths) / MILLION
        factor += share * factor if rate.compound else share
    exact = (Decimal(amount.minor) / factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return Money(int(exact), amount.currency)


def _to_step(minor: int, step: int) -> int:
    return int((Decimal(minor) / step).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) * step
