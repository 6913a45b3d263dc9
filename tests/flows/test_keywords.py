"""What people text, and what is understood."""

import pytest

from flows.engine import begin, open_session
from flows.keywords import answers_for, normalise, plan_in, understand
from flows.session import Session
from tests.flows.cast import PAY_TO, PLANS, facts_of

SPELLED = {
    "balance": "BAL bal Balance BALANCE. bal? account rasid RASIID رصيد رصيدي الرصيد رَصِيد رصـــيد رصیدی حساب",
    "buy": "BUY wifi Wi-Fi wi_fi WiFi internet istiri ISHTIRI شراء شِراء اشتري إشتري أشتري انترنت إنترنت الإنترنت نت",
    "topup": "TOPUP top-up Top pay momo SHAHAN شحن اشحن الشحن تعبئة تعبئه ادفع",
    "tokens": "TOKENS time rumuz رموز رموزي رمزي وقت الوقت",
    "fault": "FAULT fault! problem slow mushkila عطل عُطل مشكلة مشكله المشكلة بلاغ",
    "outage": "OUTAGE outages Magtu انقطاع الانقطاع",
    "usage": "USAGE used istihlak استهلاك استهلاكي استخدام الاستهلاك",
    "speed": "SPEED myspeed sura سرعة السرعة سرعتي",
    "data": "DATA bayanat بيانات البيانات داتا",
    "help": "HELP help? info musaada مساعدة مساعده المساعدة",
    "language": "language LANG lugha لغة اللغة لغه",
    "bill": "BILL bills invoice Fatura فاتورة الفاتورة فاتوره فاتورتي فواتير",
    "plan": "PLAN plans package baga باقة الباقة باقه باقتي خطة الخطة",
    "sales": "SALES mysales mabiat مبيعات المبيعات مبيعاتي",
    "helper": "HELPER baya معاون البائع",
    "payout": "PAYOUT cashout asrif اسحب صرف",
    "card": "CARD cards Kart karti بطاقة البطاقة بطاقه كرت",
    "move": "MOVE transfer angul انقل نقل",
    "pause": "PAUSE hold",
    "continue": "CONTINUE unpause wasil أكمل كمل استمر",
    "statement": "STATEMENT kashf KASHF كشف الكشف",
    "menu": "MENU hi Hello salam قائمة القائمة قائمه سلام مرحبا مرحباً",
    "join": "JOIN register تسجيل سجل سجّل",
    "stop": "STOP stop. Stop! stopall unsubscribe قف توقف وقف إيقاف ايقاف WAGIF",
    "start": "START start subscribe ابدأ إبدأ ابدا",
    "name": "NAME isim اسم إسم اسمي",
}


@pytest.mark.parametrize(
    ("keyword", "text"), [(word, text) for word, texts in SPELLED.items() for text in texts.split()]
)
def test_a_keyword_is_understood_however_it_is_spelled(keyword, text):
    assert understand(text).keyword == keyword


@pytest.mark.parametrize(
    ("text", "keyword", "rest"),
    [
        ("top up 500", "topup", "500"),
        ("Top-Up ٥٠٠", "topup", "500"),
        ("topup:500", "topup", "500"),
        ("my tokens", "tokens", ""),
        ("my bill", "bill", ""),
        ("pay bill", "bill", ""),
        ("pay 500", "topup", "500"),
        ("pay", "topup", ""),
        ("دفع الفاتورة", "bill", ""),
        ("دفع ٥٠٠", "topup", "500"),
        ("change plan", "plan", ""),
        ("تغيير الباقة", "plan", ""),
        ("كشف حساب", "statement", "حساب"),
        ("statement please", "statement", "please"),
        ("باقي", "tokens", ""),
        ("time left", "tokens", "left"),
        ("واي فاي يوم", "buy", "يوم"),
        ("واي فاي", "buy", ""),
        ("wi fi 1d", "buy", "1d"),
        ("شراء ٣ ساعات", "buy", "3 ساعات"),
        ("  BAL   please ", "balance", "please"),
        ("الغاء الاشتراك", "stop", ""),
        ("ايقاف الرسائل", "stop", ""),
        ("stop sending me messages", "stop", "sending me messages"),
        ("STOP ALL", "stop", ""),
        ("my sales", "sales", ""),
        ("pay out", "payout", ""),
        ("sale 0921234567", "sell", "0921234567"),
        ("go on", "continue", ""),
        ("move token 0991234567", "move", "0991234567"),
        ("وقف مؤقت", "pause", ""),
        ("resume", "start", ""),
        ("my usage", "usage", ""),
        ("more data please", "data", "please"),
        ("top up data 5", "data", "5"),
        ("buy data 5", "data", "5"),
    ],
)
def test_words_may_be_written_apart_and_followed_by_others(text, keyword, rest):
    understood = understand(text)
    assert (understood.keyword, understood.rest) == (keyword, rest)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("balanse", "balance"),
        ("blaance", "balance"),
        ("tokns", "tokens"),
        ("falt", "fault"),
        ("invoce", "bill"),
        ("statment", "statement"),
        ("pakage", "plan"),
        ("hlep", "help"),
        ("languag", "language"),
        ("problm", "fault"),
        ("mushkla", "fault"),
        ("مشكل", "fault"),
        ("رصيدى", "balance"),
        ("رصد", "balance"),
        ("مساعد", "help"),
        ("قائم", "menu"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(text, keyword):
    assert understand(text).keyword == keyword


def test_what_could_be_two_keywords_is_asked_about():
    understood = understand("hell")
    assert understood.keyword is None
    assert understood.could_be == ("help", "menu")


def test_the_choices_offered_are_those_of_the_menu():
    turn = begin(Session("menu.which", data={"meant": ["1", "6"]}), [], facts_of())
    assert turn.screen.text.splitlines() == ["Which one do you mean?", "1. Balance", "6. Help"]


@pytest.mark.parametrize(
    "text", ["1", "12", "٣", "1.", "(2)", "", "   ", "?", "😀", "*", "#", "*384*77#", "5,000", "-5"]
)
def test_a_number_or_a_sign_is_no_keyword(text):
    understood = understand(text)
    assert (understood.keyword, understood.could_be) == (None, ())


NO_STOP = "step shop top stopwatch stok spot quite quiet quick and ends send ending cancer agent wafig وقت توقيف قفل وقفت النت"
NO_STOP_EITHER = [
    "وقف النت",
    "النت وقف",
    "قف هنا",
    "end of my time?",
    "cancel my token",
    "quit asking",
    "please do not stop",
]


@pytest.mark.parametrize("text", [*NO_STOP.split(), *NO_STOP_EITHER])
def test_nobody_is_silenced_by_mistake(text):
    understood = understand(text)
    assert understood.keyword != "stop"
    assert "stop" not in understood.could_be


@pytest.mark.parametrize("text", ["star", "stat", "start again", "smart", "restart"])
def test_nobody_is_spoken_to_again_by_mistake(text):
    assert understand(text).keyword != "start"


@pytest.mark.parametrize("text", ["Isam", "Nami", "nam", "Naomi"])
def test_a_name_that_resembles_the_word_name_is_a_name(text):
    assert understand(text).keyword != "name"


@pytest.mark.parametrize(
    ("words", "alias"),
    [
        ("1h", "1"),
        ("1H", "1"),
        ("hour", "1"),
        ("1 hour", "1"),
        ("ساعة", "1"),
        ("١ ساعة", "1"),
        ("1 saa", "1"),
        ("3H", "2"),
        ("3 hours", "2"),
        ("3hrs", "2"),
        ("٣ ساعات", "2"),
        ("3 saa", "2"),
        ("1D", "3"),
        ("1 day", "3"),
        ("day please", "3"),
        ("24h", "3"),
        ("يوم", "3"),
        ("yom", "3"),
        ("1W", "4"),
        ("week", "4"),
        ("7 days", "4"),
        ("أسبوع", "4"),
        ("usbu", "4"),
        ("1M", "5"),
        ("1 month", "5"),
        ("شهر", "5"),
        ("1 shahar", "5"),
        ("2GB", "7"),
        ("2 gb", "7"),
        ("2G", "7"),
        ("٢ جيجا", "7"),
        ("2000MB", "7"),
        ("2", "2"),
        ("7", "7"),
    ],
)
def test_a_plan_is_found_by_its_words(words, alias):
    assert plan_in(normalise(words), PLANS) == alias


@pytest.mark.parametrize(
    "words",
    ["", "2h", "ساعتين", "يومين", "2 hours", "5GB", "3.5gb", "6", "99", "500", "minute", "dayly", "hello", "0", "0h"],
)
def test_what_is_not_on_sale_is_not_guessed(words):
    assert plan_in(normalise(words), PLANS) is None


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("BAL", ["1"]),
        ("BUY", ["2"]),
        ("BUY 3H", ["2", "2"]),
        ("شراء يوم", ["2", "3"]),
        ("istiri 1 yom", ["2", "3"]),
        ("BUY 9 lives", ["2"]),
        ("TOPUP", ["3"]),
        ("TOPUP 500", ["3", "500"]),
        ("TOPUP 5,000", ["3", "5,000"]),
        ("TOPUP 5 000", ["3", "5 000"]),
        ("TOPUP 500 ssp", ["3", "500 ssp"]),
        ("TOPUP SSP500", ["3", "ssp500"]),
        ("شحن ٥٬٠٠٠", ["3", "5٬000"]),
        ("TOPUP 500 please", ["3", "500"]),
        ("TOPUP -5", ["3", "-5"]),
        ("TOPUP 5.000", ["3", "5.000"]),
        ("TOPUP 1e99", ["3", "1e99"]),
        ("TOPUP 0", ["3", "SSP 0"]),
        ("TOPUP 00", ["3", "SSP 00"]),
        ("TOPUP 98", ["3", "SSP 98"]),
        ("TOKENS", ["4"]),
        ("FAULT", ["5"]),
        ("HELP", ["6"]),
        ("LANG", ["7"]),
        ("BILL", ["8"]),
        ("فاتورتي", ["8"]),
        ("PLAN", ["8", "4"]),
        ("STATEMENT", ["8"]),
        ("PAID", ["9", "1"]),
        ("PAID 8AX22", ["9", "1"]),
        ("PAID GURUSH 8AX22", ["9", "1", "2", "8AX22"]),
        ("Paid m-gurush MP150709.1341.A00073", ["9", "1", "2", "MP150709.1341.A00073"]),
        ("paid nile pay 4711", ["9", "1", "3", "pay 4711"]),
        ("دفعت nilepay 4711", ["9", "1", "3", "4711"]),
        ("BANK", ["9", "2"]),
        ("RECEIPTS", ["9", "3"]),
        ("RECEIPT 100000007", ["9", "4"]),
        ("ايصال", ["9", "4"]),
        ("AUTO", ["9", "5"]),
        ("AUTO 5000", ["9", "5", "5000"]),
        ("USAGE", ["11", "1"]),
        ("استهلاكي", ["11", "1"]),
        ("my speed", ["11", "2"]),
        ("DATA", ["11", "3"]),
        ("DATA 5", ["11", "3", "5 gb"]),
        ("DATA 5GB", ["11", "3", "5gb"]),
        ("data500mb", ["11", "3", "500mb"]),
        ("top up data 5", ["11", "3", "5 gb"]),
        ("شحن بيانات ٥ جيجا", ["11", "3", "5 جيجا"]),
        ("buy data", ["11", "3"]),
        ("MENU", []),
        ("STOP", []),
        ("nonsense", []),
    ],
)
def test_a_text_says_what_would_be_dialled(text, answers):
    assert answers_for(understand(text), PLANS, PAY_TO) == answers


@pytest.mark.parametrize(("text", "answers"), [("PAID", ["9", "1", "2"]), ("PAID 8AX22", ["9", "1", "2", "8AX22"])])
def test_with_one_wallet_only_nobody_has_to_name_it(text, answers):
    assert answers_for(understand(text), PLANS, PAY_TO[:2]) == answers


@pytest.mark.parametrize("amount", ["0", "-5", "1e99", "5.000", "٠", "00", "98", "free"])
def test_a_wrong_amount_behind_topup_is_refused_in_a_sentence(amount):
    facts = facts_of()
    turn = begin(open_session(facts), answers_for(understand(f"TOPUP {amount}"), facts.plans), facts)
    assert turn.session.state == "top_up.amount"
    assert turn.screen.text.startswith(("Write the amount", "The amount must be"))


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("رصيد", "ar"),
        ("BAL", "en"),
        ("rasid", "ar_Latn"),
        ("rasiid 5", "ar_Latn"),
        ("tasjel", "ar_Latn"),
        ("fatura", "ar_Latn"),
        ("wagif", "ar_Latn"),
        ("JOIN Mary", "en"),
        ("JOIN ماري", "ar"),
        ("wifi", "en"),
        ("٥٠٠", "en"),
        ("", "en"),
    ],
)
def test_what_a_text_is_written_in_is_known(text, tongue):
    assert understand(text).tongue == tongue


@pytest.mark.parametrize(
    ("text", "keyword", "rest"),
    [
        ("TOPUP500", "topup", "500"),
        ("topup5,000", "topup", "5,000"),
        ("top up500", "topup", "500"),
        ("شحن500", "topup", "500"),
        ("الشحن٥٠٠", "topup", "500"),
        ("BUY1H", "buy", "1h"),
        ("wifi3h please", "buy", "3h please"),
        ("واي فاي3", "buy", "3"),
        ("شراء٣ ساعات", "buy", "3 ساعات"),
    ],
)
def test_a_keyword_may_grow_together_with_its_number(text, keyword, rest):
    understood = understand(text)
    assert (understood.keyword, understood.rest) == (keyword, rest)


@pytest.mark.parametrize("text", ["stop5", "start1", "قف1", "name5", "abc500", "2h", "MTN500"])
def test_consent_and_names_never_grow_together_with_a_number(text):
    assert understand(text).keyword is None
