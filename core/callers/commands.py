"""What a conversation may ask to have done. Carried out once per hop, by `core.callers.carry_out`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.languages import Language, Script
from core.money import Money


@dataclass(frozen=True, slots=True)
class Register:
    """Register this phone."""

    language: Language
    script: Script | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Speak to me like this from now on."""

    language: Language
    script: Script | None


@dataclass(frozen=True, slots=True)
class Rename:
    """This is my name."""

    name: str


@dataclass(frozen=True, slots=True)
class TopUp:
    """Collect money by MoMo onto my balance."""

    amount: Money
    payer: str


@dataclass(frozen=True, slots=True)
class BuyToken:
    """A token for `recipient`, at the price that was shown. By MoMo, `payer` is prompted."""

    version_id: int
    price: Money
    hotspot_id: int
    recipient: str
    pay_with: Literal["balance", "momo"]
    payer: str


@dataclass(frozen=True, slots=True)
class ResendToken:
    """Text me this token's credentials again."""

    token_id: int


@dataclass(frozen=True, slots=True)
class RedeemCard:
    """This is the code of a card, as it was typed. It is a secret."""

    typed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MoveToken:
    """What is left of this token goes to another phone."""

    token_id: int
    to_phone: str


@dataclass(frozen=True, slots=True)
class PauseToken:
    """This token stands still from now on."""

    token_id: int


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """This token goes on."""

    token_id: int


@dataclass(frozen=True, slots=True)
class ReportFault:
    """Something does not work."""

    fault: str
    hotspot_id: int | None


@dataclass(frozen=True, slots=True)
class PayBill:
    """Collect money by MoMo for what I owe; what it is more than that stays on my balance."""

    amount: Money
    payer: str


@dataclass(frozen=True, slots=True)
class PayInParts:
    """I pay what I owe in so many parts."""

    parts: int


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Another tariff for this service of mine, from now or when its month is over."""

    subscription_id: int
    tariff_id: int
    at_period_end: bool


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """Not the other tariff that was agreed on for this service of mine: the one it has."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class TextStatement:
    """Text me what I owe, my last bills and my balance."""


@dataclass(frozen=True, slots=True)
class ClaimPayment:
    """I paid into that account of yours, under this number."""

    account_id: int
    number: str


@dataclass(frozen=True, slots=True)
class TextReceipts:
    """Text me my last receipts."""


@dataclass(frozen=True, slots=True)
class CheckReceipt:
    """Is the receipt with this code good?"""

    code: str


@dataclass(frozen=True, slots=True)
class AgreeAutoTopUp:
    """Top my balance up by so much from this phone whenever it is low."""

    amount: Money


@dataclass(frozen=True, slots=True)
class StopAutoTopUp:
    """Top nothing up by itself any more."""


@dataclass(frozen=True, slots=True)
class Silence:
    """STOP."""


@dataclass(frozen=True, slots=True)
class HearAgain:
    """START."""


@dataclass(frozen=True, slots=True)
class BuyData:
    """More data for this service of mine, at the price that was shown. By MoMo, `payer` is prompted."""

    subscription_id: int
    data_bytes: int
    price: Money
    pay_with: Literal["balance", "momo"]
    payer: str


@dataclass(frozen=True, slots=True)
class SignUpOwner:
    """I want to sell Wi-Fi of my own."""


@dataclass(frozen=True, slots=True)
class NameMomo:
    """My share goes to this MoMo number."""

    phone: str


@dataclass(frozen=True, slots=True)
class ConfirmMomo:
    """This is the code that came to it."""

    code: str


@dataclass(frozen=True, slots=True)
class AddNetwork:
    """My Wi-Fi has this name, and a router that is reached like this."""

    ssid: str
    reach: Literal["mikrotik", "mikrotik_calls_home", "radius", "none"]


@dataclass(frozen=True, slots=True)
class SellToken:
    """A token of mine for `recipient`: for notes, by MoMo of `payer`, or given. `price` is what was shown."""

    hotspot_id: int
    version_id: int
    price: Money
    recipient: str
    means: Literal["cash", "momo", "given"]
    payer: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class TakeBackSale:
    """The token I sold for notes, or gave away, is taken back; I hand its price back."""

    token_id: int


@dataclass(frozen=True, slots=True)
class AddHelper:
    """This phone sells for me from now on."""

    phone: str


@dataclass(frozen=True, slots=True)
class RemoveHelper:
    """This phone sells for me no more."""

    phone: str


@dataclass(frozen=True, slots=True)
class SetPrice:
    """I take this for that plan from now on; None: it is not on my list any more."""

    version_id: int
    price: Money | None


@dataclass(frozen=True, slots=True)
class PayMeOut:
    """Send my balance to my MoMo number."""


TokenCommand = ResendToken | MoveToken | PauseToken | ResumeToken
BillCommand = PayBill | PayInParts | ChangePlan | KeepPlan | TextStatement
PaymentCommand = ClaimPayment | TextReceipts | CheckReceipt | AgreeAutoTopUp | StopAutoTopUp
OwnerCommand = (
    SignUpOwner
    | NameMomo
    | ConfirmMomo
    | AddNetwork
    | SellToken
    | TakeBackSale
    | AddHelper
    | RemoveHelper
    | SetPrice
    | PayMeOut
)
Command = (
    Register
    | SetLanguage
    | Rename
    | TopUp
    | BuyToken
    | RedeemCard
    | TokenCommand
    | ReportFault
    | BillCommand
    | BuyData
    | PaymentCommand
    | OwnerCommand
    | Silence
    | HearAgain
)
