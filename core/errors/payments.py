"""Payments by mobile money, and their receipts."""

from __future__ import annotations

from datetime import datetime

from core.errors.kinds import Refusal, refusal
from core.money import Money


@refusal
class PaymentWaiting(Refusal):
    """A payment for the same thing already waits for the customer's approval."""

    amount: Money
    since: datetime


@refusal
class PaymentUnknown(Refusal):
    """Nobody knows yet whether a payment for the same thing went through: it must not be paid again."""

    amount: Money
    since: datetime


@refusal
class ReferenceUsed(Refusal):
    """That number of a provider is on another receipt already: money is credited once."""

    reference: str


@refusal
class EvidenceMissing(Refusal):
    """Nobody says how a payment ended without writing down what they saw."""


@refusal
class NotMomoPhone(Refusal):
    """The phone cannot pay by MTN MoMo: another operator's number."""

    phone: str


@refusal
class MoneySpent(Refusal):
    """A receipt's money was spent on what cannot be taken back."""

    missing: Money
