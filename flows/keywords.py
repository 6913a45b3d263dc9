"""SMS keywords, in English, Arabic and Arabic in Latin letters, as people really write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.callers.facts import PayToFact, PlanFact
from core.errors import InvalidAmount
from core.languages import Tongue
from core.phones import western_digits
from flows.amounts import parse_amount
from flows.screen import KEYS

WORDS_MAX: Final = 12
# What is dialled in the menu for each keyword; None: a keyword of its own.
MEANINGS: Final[dict[str, str | None]] = {
    "balance": "1",
    "buy": "2",
    "topup": "3",
    "tokens": "4",
    "fault": "5",
    "outage": "10",
    "usage": "11",
    "speed": "11",
    "data": "11",
    "help": "6",
    "language": "7",
    "sell": "12",
    "give": "12",
    "owner": "12",
    "sales": "12",
    "helper": "12",
    "payout": "12",
    "card": "13",
    "move": "4",
    "pause": "4",
    "continue": "4",
    "bill": "8",
    "plan": "8",
    "paid": "9",
    "receipts": "9",
    "receipt": "9",
    "bank": "9",
    "auto": "9",
    "statement": "8",  # begins there; `sms_bot.converse` has it sent at once
    "menu": "",
    "join": "",
    "stop": None,
    "start": None,
    "name": None,
}
_SPELLINGS: Final = {
    "balance": "bal balance account rasid rasiid رصيد رصيدي حساب حسابي",
    "buy": "buy wifi token internet net istiri ishtiri واي وايفاي شراء اشتري انترنت نت",
    "topup": "topup top pay load momo shahan shahn شحن اشحن دفع ادفع تعبئه",
    "tokens": "tokens mytokens time left kod rumuz كود رموز رموزي رمزي وقت الوقت باقي",
    "fault": "fault problem broken slow report mushkila عطل مشكله بلاغ خلل",
    "outage": "outage outages magtu انقطاع انقطاعات",
    "usage": "usage used dataused myusage istihlak استهلاك استهلاكي استخدام استخدامي",
    "speed": "speed myspeed sura suraa سرعه سرعتي",
    "data": "data moredata buydata bayanat بيانات داتا زياده",
    "help": "help info musaada مساعده ساعدني معلومات",
    "language": "language lang lugha luga لغه اللغه",
    "bill": "bill bills mybill paybill invoice fatura فاتوره فاتورتي فواتير دفعالفاتوره ادفعالفاتوره",
    "plan": "plan plans myplan changeplan package packages changepackage baga gayirbaga باقه باقتي باقات خطه"
    " تغييرالباقه غيرالباقه تغييرباقه",
    "statement": "statement kashf كشف",
    "sell": "sell sale biu biyu بيع بع ابيع",
    "give": "give gift hadiya adi هديه اهداء اهدي",
    "sales": "sales mysales mabiat مبيعات مبيعاتي",
    "helper": "helper addhelper baya بائع معاون",
    "payout": "payout payme cashout asrif اصرف صرف سحب اسحب",
    "owner": "owner mywifi sid malik مالك صاحب",
    "card": "card cards voucher kart karti بطاقه كرت كارت قسيمه",
    "move": "move movetoken transfer angul نقل انقل",
    "pause": "pause hold wagifkod وقفمؤقت ايقافمؤقت",
    "continue": "continue goon unpause kamil wasil كمل اكمل واصل استمر",
    "paid": "paid ipaid transaction txn dafat دفعت تحويل حولت",
    "receipts": "receipts myreceipts payments isalat ايصالات ايصالاتي مدفوعاتي",
    "receipt": "receipt risit isal ايصال تحقق",
    "bank": "bank deposit banki بنك البنك ايداع",
    "auto": "auto autotopup tilgai تلقائي",
    "menu": "menu hi hello salam gaima cancel end quit قائمه سلام مرحبا الغاء خروج",
    "join": "join register tasjil تسجيل سجل اشتراك",
    "stop": "stop stob stopall unsubscribe wagif قف توقف وقف ايقاف ايقافالرسائل الغاءالاشتراك",
    "start": "start subscribe resume abda ابدا بدء استئناف",
    "name": "name ism isim اسم اسمي",
}
# Of these the ones that are Arabic, written in Latin letters.
_ARABI: Final = """
    rasid rasiid istiri ishtiri shahan shahn kod rumuz mushkila musaada lugha luga salam gaima
    tasjil wagif abda ism isim fatura baga gayirbaga kashf dafat isalat isal risit banki tilgai
    istihlak sura suraa bayanat biu biyu hadiya adi sid malik mabiat baya asrif kart karti angul wagifkod kamil wasil
"""
# Consent changes only by a word spelled out: `step` is no STOP. All but the plainest stand alone: `وقف النت` says
# that the net stopped.
CONSENT: Final = frozenset({"stop", "start"})
_PLAINEST: Final = frozenset({"stop", "stopall", "unsubscribe"})
# A name follows NAME: a word that only looks like it (Isam, Nami) is somebody's name, not the keyword.
_AS_SPELLED: Final = CONSENT | {"name"}
# `net is down`, `no internet`, `النت فاصل`: who says so wants no price list.
_COMPLAINTS: Final = """
    down not no slow dead broken cut off mafi gata wagif
    فاصل مقطوع مافي ما لا لايعمل بطيء بطي واقف قاطع ضعيف معطل متوقف خربان
"""
_LETTERS: Final = str.maketrans("أإآٱىةؤئیک", "ااااي" + "هوييك")  # the last two are typed on Persian keyboards
_ARTICLE: Final = "ال"
# What stands in amounts is kept before a digit: 5.000 and -5 are refused as amounts, and must not become others here.
_NOISE: Final = re.compile(r"[^\w*+#.,٬٫-]+|_|[.,٬٫-](?!\d)|(?<=[^\W\d])[.,٬٫-]|(?<!\d)[.,٬٫](?=\d)")
# A keyword grown together with its number: `topup500`, `buy1h`, also `top up500`.
_GROWN: Final = re.compile(r"((?:[^\W\d_]+ )?[^\W\d_]+)(\d.*)")
_SPELLING_OF: Final[dict[str, str]] = {}


def normalise(text: str) -> str:
    """A text as keywords are compared: small letters, Western digits, Arabic without harakat and tatweel."""
    text = unicodedata.normalize("NFKC", western_digits(text)).lower()
    text = "".join(character for character in text if unicodedata.category(character) not in {"Mn", "Cf"})
    text = text.replace("ـ", "").translate(_LETTERS)
    return " ".join(_NOISE.sub(" ", text).split())


for _meaning, _words in _SPELLINGS.items():
    for _word in _words.split():
        _SPELLING_OF[normalise(_word)] = _meaning


_IN_ARABI: Final = frozenset(_ARABI.split())
_COMPLAINING: Final = frozenset(normalise(_word) for _word in _COMPLAINTS.split())


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text means: a keyword with what stood behind it, or several keywords it could be.

    `behind` is what stood behind it as it was typed: a transaction number is not to be tidied. `tongue` is what it is
    written in, as far as it shows: Arabic letters, or an Arabic keyword in Latin ones.
    """

    keyword: str | None
    rest: str = ""
    could_be: tuple[str, ...] = ()
    tongue: Tongue = "en"
    behind: str = ""


def understand(text: str) -> Understood:
    """Read the first words of a text as a keyword. A number alone is not one: it answers a question."""
    clean = _apart(normalise(text))
    words = clean.split()[:WORDS_MAX]
    tongue = _written_in(words)
    if not words or clean.isdecimal():
        return Understood(None, clean, tongue=tongue)
    if any(_spelled(word) == "buy" for word in words) and any(word in _COMPLAINING for word in words):
        return Understood("fault", "", tongue=tongue)
    for count in (2, 1):  # `top up` and `واي فاي` before `top` and `واي`
        keyword = _spelled("".join(words[:count]))
        rest = " ".join(words[count:])
        if keyword in CONSENT and rest and words[0] not in _PLAINEST:
            return Understood(None, clean, tongue=tongue)
        if keyword in ("topup", "buy") and rest and _spelled(rest.split()[0]) == "data":
            keyword, rest = "data", rest.partition(" ")[2]  # `top up data 5`
        if keyword is not None and len(words) >= count:
            return Understood(keyword, rest, tongue=tongue, behind=" ".join(text.split()[count:]))
    near = {
        word: meaning for word, meaning in _SPELLING_OF.items() if meaning not in _AS_SPELLED and _near(words[0], word)
    }
    meanings = sorted(set(near.values()))
    if len(meanings) == 1:
        return Understood(meanings[0], " ".join(words[1:]), tongue=_written_in([*words, *near]))
    return Understood(None, clean, tuple(meanings), tongue=tongue)


def is_arabic(text: str) -> bool:
    """Whether there is a letter of Arabic in it."""
    return any("\u0620" <= character <= "\u06d3" and character.isalpha() for character in text)


def _written_in(words: Sequence[str]) -> Tongue:
    if any(is_arabic(word) for word in words):
        return "ar"
    return "ar_Latn" if any(word in _IN_ARABI for word in words) else "en"


def _apart(clean: str) -> str:
    """A keyword and the number it has grown together with, apart. Consent and names are taken as spelled only."""
    grown = _GROWN.fullmatch(clean)
    meaning = _spelled(grown.group(1).replace(" ", "")) if grown else None
    return f"{grown.group(1)} {grown.group(2)}" if grown and meaning and meaning not in _AS_SPELLED else clean


def _spelled(word: str) -> str | None:
    """The keyword of a word as it stands, or without the Arabic article (الرصيد)."""
    return _SPELLING_OF.get(word) or _SPELLING_OF.get(word.removeprefix(_ARTICLE))


def _near(typed: str, word: str) -> bool:
    """One slip of the finger in a word of four letters or more, two in one of eight; the first letters agree."""
    if len(word) < 4 or len(typed) < 3 or typed[0] != word[0]:  # noqa: PLR2004 - short words are too near to others
        return False
    return _slips(typed, word) <= (2 if len(word) >= 8 else 1)  # noqa: PLR2004


def _slips(left: str, right: str) -> int:
    """Edits between two words: insert, delete, replace, or swap neighbours (optimal string alignment)."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]


_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S
# A unit's words, in seconds, and its Arabic dual, which is two by itself. A month sold is 30 days.
_UNITS: Final = (
    (r"hours?|hrs?|h|saa\w*|ساعه|ساعات", "ساعتين|ساعتان", _HOUR_S),
    (r"days?|d|y[ou]+m\w*|ayam|يوم|يوما|ايام", "يومين|يومان", _DAY_S),
    (r"weeks?|wk|w|usbu\w*|اسبوع|اسبوعا|اسابيع", "اسبوعين|اسبوعان", 7 * _DAY_S),
    (r"months?|mon|m|shaha?r\w*|شهر|شهرا|اشهر|شهور", "شهرين|شهران", 30 * _DAY_S),
)
_TIMES: Final = [(re.compile(rf"(\d{{1,3}})?\s*(?:(?:{one})|({two}))(?!\w)"), unit_s) for one, two, unit_s in _UNITS]
_DATA: Final = re.compile(r"(\d{1,4})(?:[.,](\d))?\s*(?:(g|gb|gig|giga|جيجا|جيقا|قيقا)|mb|mega|ميجا|ميقا)(?!\w)")


def plan_in(rest: str, plans: Sequence[PlanFact]) -> str | None:
    """The number of the plan that `3h`, `1 day`, `2GB` or `2` means; None when it names none on sale."""
    data_bytes = data_in(rest)
    if data_bytes is not None:
        return next((str(plan.alias) for plan in plans if plan.data_bytes == data_bytes), None)
    wanted = _seconds_in(rest)
    if wanted is not None:
        return next((str(plan.alias) for plan in plans if plan.duration_s == wanted and plan.data_bytes is None), None)
    return next((str(plan.alias) for plan in plans if str(plan.alias) == rest), None)


def data_in(rest: str) -> int | None:
    """The bytes that `5 GB`, `5gb` or `500 mega` means; None when it means none."""
    match = _DATA.match(rest)
    if match is None:
        return None
    tenths = int(match.group(1)) * 10 + int(match.group(2) or 0)
    return tenths * 10**8 if match.group(3) else tenths * 10**5


def _seconds_in(rest: str) -> int | None:
    for pattern, unit_s in _TIMES:
        match = pattern.match(rest)
        if match is not None:
            return unit_s * (2 if match.group(2) else int(match.group(1) or 1))
    return None


def amount_in(rest: str) -> str:
    """What stands for the amount behind TOPUP: all of it where it reads as one (`5 000`, `ssp 500`), or a word."""
    try:
        parse_amount(rest)
    except InvalidAmount:
        return rest.split(maxsplit=1)[0]
    return rest


CHANGE_PLAN_KEY: Final = "4"  # of the bill
STATEMENT_KEY: Final = "5"


def answers_for(understood: Understood, plans: Sequence[PlanFact], pay_to: Sequence[PayToFact] = ()) -> list[str]:
    """What the caller would have dialled in the menu to say the same."""
    key = MEANINGS.get(understood.keyword or "")
    if not key:
        return []
    if understood.keyword == "buy":
        plan = plan_in(understood.rest, plans)
        return [key, plan] if plan else [key]
    if understood.keyword == "plan":
        return [key, CHANGE_PLAN_KEY]
    if understood.keyword in INTERNET_KEYS:
        return [key, INTERNET_KEYS[understood.keyword], *_pack_in(understood)]
    if understood.keyword in PAYMENT_KEYS:
        return [key, *_of_payments(understood, pay_to)]
    if understood.keyword == "topup" and understood.rest:
        amount = amount_in(understood.rest)
        return [key, f"SSP {amount}" if amount in KEYS else amount]  # TOPUP 0 is a wrong amount, not "back"
    return [key]


INTERNET_KEYS: Final = {"usage": "1", "speed": "2", "data": "3"}  # beneath "My internet"


def _pack_in(understood: Understood) -> list[str]:
    """`DATA 5` and `DATA 5GB` name a pack by its size; a number alone is of gigabytes."""
    rest = understood.rest
    if understood.keyword != "data" or not rest:
        return []
    return [rest if data_in(rest) is not None else f"{rest} gb"]


# Beneath "Payments"; `receipts` and a `receipt` with its number are answered at once by `sms_bot.converse`.
PAYMENT_KEYS: Final = {"paid": "1", "bank": "2", "receipts": "3", "receipt": "4", "auto": "5"}


def _of_payments(understood: Understood, pay_to: Sequence[PayToFact]) -> list[str]:
    """`PAID GURUSH 8AX22`, `PAID 8AX22` where there is one wallet only, `AUTO 5000`, or the keyword alone."""
    key = PAYMENT_KEYS[understood.keyword or ""]
    if understood.keyword == "auto" and understood.rest:
        return [key, amount_in(understood.rest)]
    if understood.keyword != "paid":
        return [key]
    wallets = [account for account in pay_to if account.kind == "wallet"]
    first, _, behind = understood.behind.partition(" ")
    named = [wallet for wallet in wallets if first and _plain(first) in _plain(wallet.name)]
    if len(named) == 1:
        return [key, str(named[0].alias), *([behind] if behind else [])]
    if len(wallets) == 1:
        return [key, str(wallets[0].alias), *([understood.behind] if understood.behind else [])]
    return [key]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", normalise(name))
