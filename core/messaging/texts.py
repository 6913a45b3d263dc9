"""The texts we send, by name: the English original, and how many SMS segments each may cost in each script.

The gate `tests/flows/test_budgets.py` fills every one with the longest facts, in every tongue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.languages import marked as _


@dataclass(frozen=True, slots=True)
class Template:
    """An SMS by name. `latin_segments`/`arabic_segments` are its greatest cost; `secret` seals the text at rest.

    `asked` texts answer or follow what the customer did; the others stop when the phone says STOP.
    """

    original: str
    latin_segments: int = 1
    arabic_segments: int = 2
    secret: bool = False
    asked: bool = True


TEXTS: Final = {
    "token": Template(
        _(
            "Wi-Fi: {ssid}\nUser: {username}\nPassword: {password}\n{plan}, from first use.\n"
            "1. Join the Wi-Fi. 2. Open any page, type user and password."
        ),
        latin_segments=2,
        arabic_segments=4,
        secret=True,
    ),
    "token_waits": Template(
        _("Wi-Fi {ssid} is off now. Your token is safe: its time starts at first use. We text you when it is on."),
        arabic_segments=3,
    ),
    "token_ready": Template(_("Wi-Fi {ssid} is on again. Your token {username} works now."), arabic_segments=2),
    "top_up_paid": Template(_("Received {amount} by MoMo. Receipt {receipt}. Balance {balance}."), arabic_segments=2),
    "token_paid": Template(_("Received {amount} by MoMo for {plan}. Receipt {receipt}."), arabic_segments=2),
    "token_not_made": Template(
        _(
            "Received {amount}, receipt {receipt}, but the token could not be made. The money is on your balance: "
            "{balance}."
        ),
        latin_segments=2,
        arabic_segments=3,
    ),
    "payment_refused": Template(_("The payment of {amount} was not made: {reason}. Nothing was taken.")),
    "payment_expired": Template(
        _("The payment of {amount} was not approved in time. Nothing was taken. Dial {code} to try again."),
        arabic_segments=3,
    ),
    "payment_unknown": Template(
        _("MoMo has not answered about your payment of {amount} yet. Do not pay again: we ask and will text you."),
        arabic_segments=3,
    ),
    "payment_not_taken": Template(
        _("We looked into your payment of {amount}: nothing was taken from you. Dial {code} to pay."), arabic_segments=2
    ),
    "cash_receipt": Template(_("Received {amount} in cash. Receipt {receipt}. Balance {balance}. Thank you.")),
    "cash_taken_back": Template(
        _("Receipt {receipt} of {amount} was taken back: it is not good any more. Balance {balance}."),
        arabic_segments=2,
    ),
    "receipts": Template(_("Your last receipts:\n{receipts}"), latin_segments=2, arabic_segments=4),
    "receipts_none": Template(_("You have no receipts yet.")),
    "receipt_again": Template(
        _("Receipt {receipt}: {amount} on {day}. Check number {check}: dial {code} or text RECEIPT and the number."),
        arabic_segments=3,
    ),
    "receipt_again_old": Template(_("Receipt {receipt}: {amount} on {day}.")),
    "receipt_good": Template(_("Receipt {receipt} is good: {amount} on {day}.")),
    "receipt_voided": Template(_("Receipt {receipt} of {day}, {amount}, was taken back. It is not good any more.")),
    "receipt_none": Template(_("No receipt has this number. Keep the paper and call us.")),
    "pay_by_link": Template(
        _("Pay {amount} by Orange Money here, within 10 minutes: {link}"), latin_segments=2, arabic_segments=4
    ),
    "bank_paid": Template(_("Received {amount} through {account}. Receipt {receipt}. Balance {balance}. Thank you.")),
    "claim_heard": Template(_("We look for payment {reference} to {account}. We text you when it is on your balance.")),
    "claim_refused": Template(
        _("We did not find payment {reference} to {account}. Please check the id in their text and send it again."),
    ),
    "fault_heard": Template(_("Thank you. We noted the fault, number {number}. A technician looks at it.")),
    # Bills. A reminder of what is not late yet is a notice: STOP ends it. What threatens a service is told always.
    "bill_issued": Template(_("Bill {invoice}: {amount}, due {day}. To pay, dial {code}")),
    "bill_paid": Template(_("Bill {invoice}: {amount}, paid from your balance. Thank you.")),
    "bill_due_soon": Template(
        _("Please remember bill {invoice}: {amount}, due {day}. To pay, dial {code}"), asked=False
    ),
    "bill_overdue": Template(
        _("Bill {invoice} is late: {amount} was due {day}. Please pay, or your internet is cut. Dial {code}"),
    ),
    "service_slowed": Template(
        _("Your internet is slow now: bill {invoice} is not paid. Pay {amount} and it is fast again. Dial {code}"),
    ),
    "service_suspended": Template(
        _("Your internet is off: bill {invoice} is not paid. Pay {amount} and it comes back at once. Dial {code}"),
    ),
    "service_ended": Template(
        _("Your internet service has ended: bill {invoice} is not paid. You owe {amount}. Please call us."),
    ),
    "service_back": Template(_("Your internet is on again. Thank you.")),
    "service_back_slow": Template(
        _("Your internet is on again, but slow: {amount} is still not paid. Pay it and it is fast again."),
    ),
    # What was used of a month's data; each once in its period.
    "usage_share": Template(_("You have used {used} of {all}. Your next data comes on {day}."), asked=False),
    "usage_overage": Template(
        _("You have used {used}, all your data. Until {day} each GB more costs {price}, on your next bill."),
        asked=False,
    ),
    "usage_slower": Template(_("You have used {used}. Your internet is slower until {day}."), asked=False),
    "usage_slower_more": Template(
        _("You have used {used}. Your internet is slower until {day}. To buy more data, answer DATA."), asked=False
    ),
    "data_bought": Template(_("You have {data} more for {amount}, good until {day}. Balance {balance}.")),
    "data_paid": Template(_("Received {amount} by MoMo for {data} more, good until {day}. Receipt {receipt}.")),
    "data_not_bought": Template(
        _(
            "Received {amount}, receipt {receipt}, but the data could not be bought. The money is on your balance: "
            "{balance}."
        ),
        latin_segments=2,
        arabic_segments=3,
    ),
    # What was used of a token; each once.
    "token_share": Template(
        _("Wi-Fi {ssid}, user {username}: you have used {used} of {all}."), arabic_segments=2, asked=False
    ),
    "token_data_out": Template(
        _("Wi-Fi {ssid}, user {username}: all your {all} are used. For more, dial {code}"),
        arabic_segments=2,
        asked=False,
    ),
    "token_time_short": Template(_("Wi-Fi {ssid}, user {username}: {time} left."), arabic_segments=2, asked=False),
    "token_time_out": Template(
        _("Wi-Fi {ssid}, user {username}: your time is over. For more, dial {code}"), arabic_segments=2, asked=False
    ),
    "renewal_short": Template(
        _("Internet {service} renews on {day}. Your balance lacks {amount}. To top up, dial {code}"), asked=False
    ),
    "plan_agreed": Template(
        _("Agreed: {amount} in parts, in SSP by these days:\n{parts}\nWhile you keep to it, your internet stays on."),
        latin_segments=2,
        arabic_segments=3,
    ),
    "bills_settled": Template(
        _(
            "Received {amount} by MoMo, receipt {receipt}. {settled} paid your bills. Still due: {due}. "
            "Balance {balance}."
        ),
        arabic_segments=3,
    ),
    "statement": Template(
        _("You owe {due}. Balance {balance}.\nLast bills, in SSP:\n{bills}"), latin_segments=2, arabic_segments=3
    ),
    "statement_empty": Template(_("You owe nothing. Balance {balance}. You have no bills yet.")),
    "service_ready": Template(
        _("Internet {tariff} is ready.\nUser: {username}\nPassword: {password}\nType them once in your router."),
        secret=True,
    ),
    # Money that leaves. It is told when it is sent, and how it ended.
    "refund_sent": Template(
        _("We are sending you back {amount} of receipt {receipt} by MoMo. We text you when it is there.")
    ),
    "refund_paid": Template(_("You have {amount} of receipt {receipt} back. Thank you.")),
    "refund_refused": Template(
        _("We could not send {amount} of receipt {receipt} back. It is on your balance: {balance}."), arabic_segments=2
    ),
    "transfer_sent": Template(_("We are sending you {amount} by MoMo. We text you when it is there.")),
    "transfer_paid": Template(_("We have sent you {amount}. Thank you.")),
    "transfer_refused": Template(_("We could not send you {amount} by MoMo. It stays yours: we will send it again.")),
    # Topping up by itself. A charge is announced whatever the phone said STOP to: it is their money.
    "auto_top_up_agreed": Template(
        _("Agreed: when your balance is below {below}, MoMo tops it up by {amount}. We text first.")
    ),
    "auto_top_up_refused": Template(_("Topping up by itself was not agreed to. Nothing will be charged.")),
    "auto_top_up_soon": Template(
        _("Balance {balance}. As agreed, MoMo tops it up by {amount} in 2 hours or later. To end this, answer STOP."),
        arabic_segments=3,
    ),
    "auto_top_up_ended": Template(_("Ended: your balance is not topped up by itself any more.")),
    "outage_credited": Template(
        _("Sorry: your internet was off for {time}. We give you back {amount}. Balance {balance}."),
        arabic_segments=2,
    ),
    # To Wi-Fi owners and their helpers.
    "momo_code": Template(
        _("Shabaka code {digits}: type it where you were asked for it, within 10 minutes. Tell it to nobody."),
        arabic_segments=2,
        secret=True,
    ),
    "log_in_code": Template(
        _("Shabaka code {digits}: type it where you were asked for it, within 10 minutes. Tell it to nobody."),
        arabic_segments=2,
        secret=True,
    ),
    "momo_confirmed": Template(_("Your MoMo number {phone} is confirmed. Your share of sales goes there.")),
    "momo_code_wrong": Template(_("That code is wrong. Look at the text that came to {phone} and send it again.")),
    "momo_code_over": Template(_("No code is open any more. Name your MoMo number again to get a new one.")),
    "momo_no_wallet": Template(_("{phone} has no MoMo wallet. Please name another number.")),
    "helper_added": Template(_("You can sell Wi-Fi for {phone} now. Dial {code} and choose 12.")),
    "sale_paid": Template(_("{phone} paid {amount} for {plan}. The token went to {recipient}."), arabic_segments=2),
    "sale_refused": Template(_("{phone} did not pay {amount}: {reason}. No token was sent."), arabic_segments=2),
    "sale_unknown": Template(
        _("MoMo does not say yet whether {phone} paid {amount}. Do not sell it again: we ask and text you."),
        arabic_segments=2,
    ),
    "owner_sales": Template(
        _(
            "Wi-Fi sales {day}: {tokens}. Cash {cash}, MoMo {momo}. Given: {given}. Your balance {balance}, "
            "you owe {owes}."
        ),
        arabic_segments=2,
        asked=False,
    ),
    "sale_not_made": Template(
        _("{phone} paid {amount}, but the token could not be made. The money is on their balance."),
        arabic_segments=2,
    ),
    # To technicians, of routers.
    "routers_down": Template(_("No answer, since:\n{routers}"), latin_segments=2, arabic_segments=3),
    "routers_up": Template(_("Answers again, was down:\n{routers}"), latin_segments=2, arabic_segments=3),
    "reply": Template("{screen}", latin_segments=2, arabic_segments=3),
}

# Why a payment was refused, in the canonical words of `core.payments.collector`.
REASONS: Final = {
    "insufficient_funds": _("not enough money in the wallet"),
    "refused_by_payer": _("it was refused on the phone"),
    "expired": _("it was not approved in time"),
    "payer_not_found": _("this number has no MoMo wallet"),
    "limit_reached": _("the limit of the wallet is reached"),
    "not_allowed": _("MTN does not allow it"),
    "provider_error": _("MTN had a fault, or the wallet lacks the money"),
    "unknown": _("MTN gave no reason we know"),
}
