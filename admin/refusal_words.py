"""A refusal as one sentence to staff: as customers hear it where that fits, in other words where it would not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core import errors
from core.errors import NotPossibleNow, Refusal
from core.languages import marked as _
from flows.refusals import SENTENCES, STAFF_SENTENCES

# To a customer these speak of "you" and ask them to call us.
TO_STAFF: Final[Mapping[type[Refusal], str]] = {
    errors.InsufficientBalance: _("The balance of {have} does not cover {needed}. Nothing was done."),
    errors.CustomerNotActive: _("Account {number} is suspended or closed."),
    errors.NothingDue: _("This customer owes nothing now."),
    errors.PlanRunning: _("Paying in parts is agreed already, or an agreement was broken not long ago."),
    errors.OtherBilling: _("That plan is paid or billed in another way. End this service and begin a new one."),
    errors.SamePlan: _("It is on this plan already."),
    errors.NoExchangeRate: _("There is no fresh exchange rate for {currency}. Write today's rate first."),
    errors.PlanGone: _("This tariff is not sold any more. Please choose another."),
    errors.InvalidName: _("A name or text is missing, too long, or has signs it cannot have."),
}
# `NotPossibleNow` names what and in which state; these deserve a sentence of their own.
WHY_NOT: Final[Mapping[tuple[str, str], str]] = {
    ("form", "without its key"): _("This form came without its key. Please open the page anew."),
    ("cards", "paid by nobody"): _(
        "Cards of our own networks are paid from a balance: open them on their batch's page."
    ),
    ("tariff", "speed"): _("A speed is a whole number of kbit/s, from 1 to 10,000,000."),
    ("tariff", "data"): _("Data is written in gigabytes, from 0.000000001 to 1,000,000."),
    ("tariff", "fair use"): _("Fair use: for each step the gigabytes and a slower speed, and hours from 0 to 23."),
    ("tariff", "burst"): _("A burst needs both speeds, and neither is below the speed of the tariff."),
    ("tariff", "overage"): _("Overage needs an allowance of data that it goes beyond."),
    ("tariff", "packs"): _("Packs: for each the gigabytes and a price above 0, a larger one dearer than a smaller."),
    ("tariff", "packs without an end"): _(
        "Packs are sold where data ends: with data or fair use, and without overage."
    ),
    ("tariff", "due days"): _("A bill is due after 0 to 90 days."),
    ("tariff", "two currencies"): _("Price and fees are in one currency."),
    ("tariff", "withdrawn"): _("This tariff is out of sale already."),
    ("tax", "position"): _("The place among the taxes is a number from 1 to 99."),
    ("tax rate", "ended"): _("This rate was given its end before."),
    ("promotion", "periods"): _("A promotion lasts 1 to 24 months."),
    ("account", "code"): _("A code has small letters, digits and strokes, 20 at most. Kind and currency are as named."),
    ("account", "rail"): _("An account of this kind is opened once, under the name of its provider."),
    ("account", "alias"): _("The number in lists is from 1 to 89."),
    ("account", "closed"): _("This account is closed already."),
    ("router", "host"): _("The router's address is an IP address or a name, like 10.20.0.1."),
    ("router", "port"): _("A port is a number from 1 to 65535."),
    ("router", "access"): _("Choose how the router learns of customers."),
    ("router", "nas address"): _("A router that asks RADIUS needs the IP address its questions come from."),
    ("router", "no radius server"): _("The address of our RADIUS server is not set, so no router can ask it."),
    ("api key", "scopes"): _("A key may one thing at least. Passwords go only with log-ins."),
    ("api key", "pace"): _("A program may ask 1 to 60000 times a minute."),
    ("webhook", "kinds"): _("Choose what it is told of."),
    ("webhook", "url"): _("An address begins with https://, names a host, and has 200 characters at most."),
    ("webhook", "private"): _("This address lies in a private network. Events go only outside."),
    ("webhook", "off"): _("This webhook is switched off."),
    ("line", "suspense"): _("Its money lies on suspense: it must find its place, words are not enough."),
    ("line", "settled"): _("Nothing of this line is left to explain."),
    ("match", "undone"): _("This match was taken back before."),
    ("claim", "credited"): _("This was decided before: it is credited."),
    ("claim", "refused"): _("This was decided before: it was refused."),
    ("adjustment", "done"): _("This was decided before: it is done."),
    ("adjustment", "refused"): _("This was decided before: it was refused."),
    ("charge", "billed"): _("It stands on a bill already. Credit that bill instead."),
    ("charge", "taken back"): _("It was taken back before."),
    ("drawer", "closed"): _("This drawer is closed."),
    ("drawer", "open shift"): _("A shift is open at this drawer. Close it first."),
    ("drawer", "the same"): _("Choose another drawer: notes go from one to another."),
    ("drawer", "limit"): _("A limit is above nothing. Leave it empty where there is none."),
    ("drawer", "holder"): _("Choose who holds it among those who take cash."),
    ("float", "counter"): _("A float is brought from a safe."),
    ("float", "field"): _("A float is brought from a safe."),
    ("shift", "closed"): _("This shift was closed before."),
    ("count", "two sums"): _("The notes and the sum you wrote differ. Count again."),
    ("receipt", "not cash"): _("Only cash is taken back. Money that came another way is refunded."),
    ("receipt", "refunded"): _("This receipt is being refunded, or was."),
    ("void", "waiting"): _("Somebody has asked for this already."),
    ("void", "done"): _("This was decided before: it is taken back."),
    ("void", "refused"): _("This was decided before: it was refused."),
    ("payout", "name not asked yet"): _("MTN has not said yet whose wallet it is. Look again in a moment."),
    ("payout", "no account to send from"): _("There is no account of ours to send it from."),
    ("payout", "approved"): _("This was approved before."),
    ("payout", "submitted"): _("It was sent: MTN can still tell how it ended."),
    ("payout", "paid"): _("This was paid."),
    ("payout", "refused"): _("This did not go, and its money is back."),
    ("payout", "unknown"): _("Nobody knows how it ended: somebody must settle it."),
    ("payout", "cancelled"): _("This was taken back before it was approved."),
    ("receipt", "taken back"): _("This receipt is being taken back as a whole."),
    ("document", "credit_note"): _("A credit note cannot be corrected this way."),
    ("service", "begins tomorrow"): _("This service begins tomorrow."),
    ("token", "expired"): _("This token is over already."),
    ("token", "revoked"): _("This token was stopped already."),
    ("subscription", "pending"): _("This service has not begun yet."),
    ("subscription", "active"): _("This service is on: that cannot be done to it."),
    ("subscription", "paused"): _("This service is paused. Let it go on first."),
    ("subscription", "suspended"): _("This service is cut off. It must be on again first."),
    ("subscription", "terminated"): _("This service has ended."),
}
WHOLE_NUMBERS: Final = _("Write whole numbers with digits only.")


def sentence_of(refusal: Refusal) -> str:
    """The English original of what staff are told, with its facts still in braces."""
    if isinstance(refusal, NotPossibleNow):
        if refusal.what == "number":
            return WHOLE_NUMBERS
        if (refusal.what, refusal.state) in WHY_NOT:
            return WHY_NOT[refusal.what, refusal.state]
    told = TO_STAFF.get(type(refusal))
    return told or SENTENCES.get(type(refusal)) or STAFF_SENTENCES[type(refusal)]
