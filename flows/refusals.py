"""Each refusal as one clear sentence in the reader's language. The one place where that happens."""

from __future__ import annotations

from datetime import date
from typing import Final

from core import errors
from core.days import day_said
from core.languages import marked as _
from core.languages import say
from core.phones import national
from flows.screen import fits

SENTENCES: Final[dict[type[errors.Refusal], str]] = {
    errors.InvalidPhone: _("That is not a phone number. Write it like 0921234567."),
    errors.ForeignPhone: _("Only South Sudan numbers (+211) can be used here."),
    errors.NotMobile: _("That is not a mobile number."),
    errors.InvalidAmount: _("Write the amount in pounds with digits only, like 5000."),
    errors.AmountOutOfRange: _("The amount must be from {least} to {most}."),
    errors.InsufficientBalance: _("Your balance {have} is not enough for {needed}."),
    errors.NotACustomer: _("This phone is not registered yet. Dial {code}."),
    errors.CustomerNotActive: _("Account {number} is stopped. Please call us."),
    errors.PhoneTaken: _("This phone number belongs to another account."),
    errors.PlanGone: _("This plan is no longer sold. Please choose another."),
    errors.PriceChanged: _("The price is now {now}. Nothing was paid. Please start again."),
    errors.NoHotspot: _("This Wi-Fi is closed now. Please choose another."),
    errors.PaymentWaiting: _("{amount} already waits for your approval on the phone. Do not pay again."),
    errors.PaymentUnknown: _("Your payment of {amount} is not known yet. Do not pay again: we ask and text you."),
    errors.InvalidTransactionId: _("That is no transaction id. It stands in their text, like TX12345678."),
    errors.IdClaimed: _("This id was sent in before. If the payment is yours, please call us."),
    errors.NotMomoPhone: _("Only MTN numbers (092, 099) can pay by MoMo."),
    errors.KeyReused: _("This was already done in another way. Please start again."),
    errors.NotAllowed: _("You are not allowed to do this."),
    errors.TooManyTries: _("Too many tries. Wait {wait_s} seconds."),
    errors.WrongPassword: _("User name or password is wrong."),
    errors.InvalidName: _("That is not a name. Use letters only, 60 at most."),
    errors.NotFound: _("We could not find that."),
    errors.NotPossibleNow: _("That is not possible now."),
    errors.NothingDue: _("You owe nothing now."),
    errors.PlanRunning: _("Paying in parts is agreed already, or one agreement was not kept. Please call us."),
    errors.OtherBilling: _("This plan is paid in another way. Please call us."),
    errors.SamePlan: _("You have this plan already."),
    errors.NoExchangeRate: _("The price cannot be told today. Please call us."),
    errors.NotAnOwner: _("Only the owner of this Wi-Fi and their helpers can do this."),
    errors.OwnerSuspended: _("This Wi-Fi may not sell now. Please call us."),
    errors.HelpsAlready: _("{phone} sells Wi-Fi for somebody already."),
    errors.InvalidSsid: _("A Wi-Fi name has 1 to 32 letters and digits. No quotes, no emoji."),
    errors.InvalidWifiPassword: _("The password needs 8 to 63 Latin letters, digits or signs."),
    errors.OwnNumber: _("That is your own number."),
    errors.NotOnList: _("That is not on your price list."),
    errors.GiftsUsedUp: _("You gave away {most} today. That is the limit."),
    errors.HadGift: _("{phone} had a free token today already."),
    errors.MomoNotConfirmed: _("The owner's MoMo number is not confirmed yet. Take cash."),
    errors.PayoutOnItsWay: _("A payout of {amount} is on its way. When it has arrived, ask again."),
    errors.BalanceTooSmall: _("Your balance is {have}. At least {least} can be paid out."),
    errors.NewNumberLater: _("Your new MoMo number gets payouts from {day} on. Ask again then."),
    errors.WrongCode: _("That code is not right. Look at it and type it again."),
    errors.CardNotSold: _("This card is not sold yet. Whoever sells it must open it first."),
    errors.CodeUsed: _("This code is in use on another phone."),
    errors.DeviceLimit: _("This code is in use already. Devices at once: {devices}."),
    errors.OtherNetwork: _("This code is for another Wi-Fi: {ssid}."),
    errors.NoPausesLeft: _("This cannot be paused again. Pauses in its plan: {pauses}."),
    errors.CardsOutOfRange: _("Make 1 to {cards} cards at once."),
    errors.CardsNotThere: _("Cards {first_card} to {last_card}: some are sold already or not there. Nothing was done."),
    errors.AutoTopUpStands: _("It is topped up by itself already. End that first."),
}

# Met on pages and the command line only, which have room for them.
STAFF_SENTENCES: Final[dict[type[errors.Refusal], str]] = {
    errors.TooManyUnsold: _("You have {cards} cards that are not sold. More than {most} at once may not be made."),
    errors.WeakPassword: _("The password needs {least_chars} characters or more, and may not be the user name."),
    errors.ReferenceUsed: _("The number {reference} cannot be used: it is on another receipt, or it is none."),
    errors.EvidenceMissing: _("Write down what you saw, and where."),
    errors.FileRefused: _(
        "That file cannot be taken. It may have {megabytes_max} MB at most, and be of the kinds named."
    ),
    errors.MappingWrong: _(
        "The file cannot be read like this: look at the field {field} in how files of this account are read."
    ),
    errors.AboveWhatIsLeft: _("Only {left} is left of it."),
    errors.CodeTaken: _("{taken} is taken already."),
    errors.DoesNotFit: _("The two do not belong together. Nothing was done."),
    errors.InvalidUsername: _(
        "A user name begins with a small Latin letter, then letters, digits, dots: 2 to 32 in all."
    ),
    errors.UsernameTaken: _("Somebody has the user name {username} already."),
    errors.LastAdmin: _("{username} is the last admin. Make another one first."),
    errors.InvalidDay: _("That is not a day that can be meant here. Write it like 2026-11-30."),
    errors.DatesOverlap: _("Another one holds on some of these days already. Nothing was changed."),
    errors.AlreadyBilled: _("Bills of {day} stand already. Choose a day after it."),
    errors.DatesMissing: _("A first day is needed, and a last one after it."),
    errors.PriceNotPositive: _("A price is above 0, and no fee is below 0."),
    errors.ShareOutOfRange: _("Write a percentage from 0 to 100, with at most four digits after the point."),
    errors.RateImpossible: _("This exchange rate cannot be right. The last one was {last}."),
    errors.PromotionNotApproved: _(
        "A promotion needs the regulator's approval, {days} days or more before it begins, and its reference."
    ),
    errors.AliasTaken: _("The number {alias} belongs to another plan for ever."),
    errors.NoNextBill: _("No bill is to come that this could stand on. Use an invoice of its own."),
    errors.MonthIsClosed: _("The books of {month} are closed. Use a later day."),
    errors.MonthNotOver: _("{month} cannot be closed: it is not over, or the month before it is still open."),
    errors.ReasonMissing: _("Write the reason."),
    errors.CreditTooLarge: _("At most {most} of this invoice can be credited."),
    errors.WithheldTooLarge: _("Of this invoice, tax of at most {most} can be kept back."),
    errors.AmountAboveDue: _("Only {due} is due."),
    errors.SecondPersonNeeded: _("Somebody else must decide this: not the one who asked for it."),
    errors.CertificateUsed: _("Certificate {certificate} was counted already."),
    errors.RefundTooLarge: _("At most {most} of this receipt can still be given back."),
    errors.PayeeNotActive: _("{phone} has no MoMo wallet that takes money. Nothing was sent."),
    errors.PromiseOpen: _("A promise stands already, or one was broken not long ago."),
    errors.DrawerBusy: _("The drawer {drawer} is with {person}."),
    errors.ShiftOpen: _("A shift is open at the drawer {drawer}. Close it first."),
    errors.NoShiftOpen: _("Open a shift first: notes come out of its drawer."),
    errors.CountDiffers: _("The books say {books}, counted was {counted}. Count again, or write the reason."),
    errors.DrawerShort: _("The drawer {drawer} holds {holds} only. Nothing was done."),
    errors.DrawerFull: _("This drawer may hold {limit}, and holds {holds}. Hand over or bank money first."),
    errors.DrawerNotEmpty: _("There is {holds} in it. Hand it over or bank it first."),
    errors.SlipMissing: _("Write the number of the bank's slip."),
    errors.WrongSecret: _("The phone number, or the PIN or password, is not right."),
    errors.SecretLocked: _("Too many wrong tries with this phone number. Log in with a code by SMS."),
    errors.WeakSecret: _(
        "Choose {digits} digits that are not in a row, or a password of {least_chars} characters or more."
    ),
    errors.CodeNotGood: _("That code is not right, or not good any more. Look at the last SMS, or get a new code."),
    errors.VisitNotFresh: _("First get a code by SMS and log in with it: then choose a new PIN or password at once."),
    errors.MoneySpent: _("{missing} of this money was spent already, and cannot be taken back."),
}


# These end on "call us": the number follows where the installation has one and the screen has room for it.
CALL_US: Final = frozenset(
    {
        errors.CustomerNotActive,
        errors.PlanRunning,
        errors.OtherBilling,
        errors.NoExchangeRate,
        errors.IdClaimed,
        errors.OwnerSuspended,
    }
)


def sentence(refusal: errors.Refusal, tongue: str, code: str = "", care_phone: str | None = None) -> str:
    """The refusal in the reader's language.

    `code` is what people dial, for sentences that name it; `care_phone` whom they call, for those that ask them to.
    """
    facts = refusal.facts() | {"code": code}
    if isinstance(facts.get("phone"), str):
        facts["phone"] = national(facts["phone"], spaced=tongue != "ar")
    if isinstance(facts.get("day"), date):
        facts["day"] = day_said(facts["day"])
    original = SENTENCES.get(type(refusal)) or STAFF_SENTENCES[type(refusal)]
    said = say(tongue, original, **facts)
    if care_phone and type(refusal) in CALL_US:
        apart = ":\n" if tongue == "ar" else ": "  # beside Arabic on a line of its own: it would turn round
        with_number = f"{said.removesuffix('.')}{apart}{care_phone}"
        return with_number if fits(with_number) else said
    return said
