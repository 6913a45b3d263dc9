"""Taxes on a document: computed per class of product on the sum of its lines, in order, each rounded once."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
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

    A price is the net amount and its inclusive taxes, which are taken out of it; the others come on top. A compound one
    is computed on the net amount and the taxes before it that are paid: none is paid on one that is not. Who is exempt
    from an inclusive tax pays the price less that. The last inclusive tax of a class takes what rounding leaves: the
    parts come to the price. Amounts below zero give the same with the sign turned.
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


def held_in(amount: Money, rates: Sequence[TaxTerms], exempt: Container[int]) -> Money:
    """What an amount of a class of products holds of its taxes, paid or not; to the piaster, ties to even."""
    factor, before = Decimal(1), Decimal(1)
    for rate in rates:
        part = Decimal(rate.rate_millionths) / MILLION * (before if rate.compound else 1)
        factor += part if rate.inclusive else 0
        before += part if rate.tax_id not in exempt else 0
    net = (Decimal(amount.minor) / factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return amount - Money(int(net), amount.currency)


def _of_class(amount: Money, rates: Sequence[TaxTerms], exemptions: Mapping[int, str]) -> tuple[Money, list[TaxAmount]]:
    if amount.minor < 0:
        net, taxes = _of_class(-amount, rates, exemptions)
        return -net, [replace(tax, base=-tax.base, amount=-tax.amount) for tax in taxes]
    if not any(rate.inclusive for rate in rates):
        return amount, _in_order(amount, rates, exemptions)
    net, taxes = _taken_out(amount, amount - held_in(amount, rates, exemptions), rates, exemptions)
    if any(tax.exemption is not None for tax in taxes):
        net_of_others, by_others = _taken_out(amount, amount - held_in(amount, rates, ()), rates, {})
        if _paid(net, taxes) > _paid(net_of_others, by_others):  # a piaster by rounding: nobody pays more for a paper
            return _taken_out(amount, net_of_others, rates, exemptions)
    return net, taxes


def _paid(net: Money, taxes: Sequence[TaxAmount]) -> Money:
    return sum((tax.payable for tax in taxes), net)


def _taken_out(
    amount: Money, net: Money, rates: Sequence[TaxTerms], exemptions: Mapping[int, str]
) -> tuple[Money, list[TaxAmount]]:
    """The net amount and its taxes, of which the inclusive ones come to the rest of the price."""
    while True:
        taxes = _in_order(net, rates, exemptions, amount - net)
        if all(tax.amount.minor >= 0 for tax in taxes):
            return net, taxes
        net -= Money(1, net.currency)  # of a few piasters, when several small taxes all rounded up


def _in_order(
    net: Money, rates: Sequence[TaxTerms], exemptions: Mapping[int, str], held: Money | None = None
) -> list[TaxAmount]:
    """Each tax on its base, rounded; the last inclusive one is what the others leave of what the price `held`."""
    last = max((index for index, rate in enumerate(rates) if rate.inclusive), default=None)
    taxes: list[TaxAmount] = []
    base_of_compound = net
    for index, rate in enumerate(rates):
        base = base_of_compound if rate.compound else net
        part = base.share_half_even(rate.rate_millionths, MILLION)
        if held is not None and index == last:
            part = sum((-tax.amount for tax in taxes if tax.terms.inclusive), held)
        tax = TaxAmount(rate, base, part, exemptions.get(rate.tax_id))
        taxes.append(tax)
        base_of_compound += tax.payable
    return taxes


def _to_step(minor: int, step: int) -> int:
    return int((Decimal(minor) / step).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) * step
