"""What an installation is told from outside, and what it never tells."""

import json
import logging

import pytest

from core import logs
from core.redaction import redact_inputs, redact_text
from core.sealing import SealBrokenError, Sealer
from core.settings import SettingsError, load

KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="]


def test_every_fault_of_the_environment_is_listed_at_once(environ):
    broken = environ | {
        "DATABASE_URL": "postgres://x",
        "SHABAKA_SECRET_KEY": "short",
        "SHABAKA_ENCRYPTION_KEYS": "not-a-key",
        "SHABAKA_SERVICE_CODE": "384",
        "MOMO_CURRENCY": "XXX",
        "MOMO_ASKS_PER_SECOND_MAX": "many",
        "SHABAKA_CARE_PHONE": "the office",
        "SHABAKA_ROUNDING_STEP_MINOR": "0",
    }
    del broken["AT_API_KEY"]
    with pytest.raises(SettingsError) as refused:
        load(broken)
    named = " ".join(refused.value.faults)
    for name in (
        "DATABASE_URL",
        "SHABAKA_SECRET_KEY",
        "SHABAKA_ENCRYPTION_KEYS",
        "SHABAKA_SERVICE_CODE",
        "MOMO_CURRENCY",
        "MOMO_ASKS_PER_SECOND_MAX",
        "SHABAKA_CARE_PHONE",
        "SHABAKA_ROUNDING_STEP_MINOR",
        "AT_API_KEY",
    ):
        assert name in named
    assert len(refused.value.faults) == 9


def test_what_an_installation_need_not_say_has_a_default(environ):
    settings = load(environ)
    assert settings.care_phone is None
    assert (settings.seller_name, settings.seller_tin) == ("Shabaka", "")
    assert (settings.seller_address, settings.rounding_step_minor) == ("Juba, South Sudan", 100)
    said = load(environ | {"SHABAKA_CARE_PHONE": "0912000000", "SHABAKA_SELLER_TIN": "100200300"})
    assert (said.care_phone, said.seller_tin) == ("0912000000", "100200300")


def test_settings_do_not_show_their_secrets(environ):
    assert environ["MOMO_API_KEY"] not in repr(load(environ))


def test_without_demo_nothing_leads_to_a_sandbox(environ):
    settings = load(environ | {"SHABAKA_SANDBOX_URL": "http://127.0.0.1:1", "SHABAKA_CLOCK_OFFSET_FILE": "/x"})
    assert settings.sandbox_url is None
    assert settings.clock_offset_file is None


@pytest.mark.parametrize(
    "event",
    [
        {"password": "hunter2hunter2"},
        {"event": "login password=hunter2hunter2 ok"},
        {"detail": {"api_key": "hunter2hunter2"}},
        {"event": 'sent {"apiKey": "hunter2hunter2"}'},
        {"event": "GET /ussd/africastalking/hunter2hunter2/events"},
        {"url": "postgresql://x:hunter2hunter2@host/db"},
        {"header": "Bearer hunter2hunter2"},
        {"event": "the key known-secret-of-ours leaked", "hunter": "x"},
    ],
)
def test_no_secret_reaches_a_log_line(event):
    written = json.dumps(logs.Redactor(["known-secret-of-ours"])(None, "info", dict(event)))
    assert "hunter2hunter2" not in written
    assert "known-secret-of-ours" not in written


def test_our_log_and_that_of_libraries_are_json_lines_without_secrets(capsys):
    logs.configure("INFO", ["known-secret-of-ours"])
    logs.log("room").info("said", password="hunter2hunter2", amount=5)
    logging.getLogger("library").warning("failed with known-secret-of-ours")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["password"], ours["amount"]) == ("said", "[redacted]", 5)
    assert theirs["event"] == "failed with [redacted]"


def test_what_may_be_a_pin_is_taken_out_of_typed_inputs():
    assert redact_inputs("2*1*1234*0921234567*١٢٣٤٥") == "2*1*[redacted]*0921234567*[redacted]"
    assert redact_text("1234") == "[redacted]"
    assert redact_text("my PIN is 4711 thanks") == "my PIN is [redacted] thanks"
    assert redact_text("كلمة السر ١٢٣٤") == "كلمة السر [redacted]"
    assert redact_text("PIN1234 or 5678 is my pin") == "PIN[redacted] or [redacted] is my pin"
    assert redact_text("الرقم السري 1234") == "الرقم السري [redacted]"
    assert redact_text("password: hunter2") == "password [redacted]"
    assert redact_text("TOPUP 5000") == "TOPUP 5000"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12345.", "[redacted]"),
        ("12345!", "[redacted]"),
        ("1234#", "[redacted]"),
        ("1 2 3 4 5", "[redacted]"),
        ("١ ٢ ٣ ٤", "[redacted]"),
        ("12 345", "[redacted]"),
        ("12-34-5", "[redacted]"),
        ("mpin12345", "mpin[redacted]"),
        ("MPIN 12345", "MPIN [redacted]"),
        ("M-PIN: 1 2 3 4", "M-PIN: [redacted]"),
        ("momo 12345", "momo [redacted]"),
        ("مومو ١٢٣٤٥", "مومو [redacted]"),
        ("sirri12345", "sirri[redacted]"),
        ("ragam sirri 12 345 de", "ragam sirri [redacted] de"),
        ("0921234567", "0921234567"),
        ("0921 234 567", "0921 234 567"),
        ("TOPUP 5 000", "TOPUP 5 000"),
        ("BUY 3H", "BUY 3H"),
        ("shopping 5000", "shopping 5000"),
        ("500", "500"),
    ],
)
def test_a_pin_is_taken_out_however_it_is_dressed(typed, kept):
    assert redact_text(typed) == kept
    assert redact_inputs(f"2*1*{typed}*1") == f"2*1*{kept}*1"


def test_an_amount_that_was_asked_for_is_kept_where_it_looks_like_one():
    assert redact_inputs("3*5 000*1") == "3*5 000*1"
    assert redact_inputs("3*12,500*1") == "3*12,500*1"
    assert redact_inputs("3*500*1") == "3*500*1"
    assert redact_inputs("3*5000*1") == "3*[redacted]*1"  # what may as well be a PIN is not
    assert redact_inputs("3*500*1234#") == "3*500*[redacted]"
    assert redact_inputs("3*12345.*1") == "3*[redacted]*1"
    assert redact_inputs("3*1 2 3 4*1") == "3*[redacted]*1"
    assert redact_inputs("3*500*12 345") == "3*500*[redacted]"
    assert redact_text("5 000", amount_asked=True) == "5 000"
    assert redact_text("54321", amount_asked=True) == "[redacted]"


def test_a_sealed_secret_opens_with_an_old_key_and_with_no_other():
    sealed = Sealer(KEYS[:1]).seal("wifi-password")
    assert "wifi-password" not in sealed
    assert Sealer([KEYS[1], KEYS[0]]).open(sealed) == "wifi-password"
    with pytest.raises(SealBrokenError):
        Sealer(KEYS[1:]).open(sealed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acdf-hjk3-79wx-yr", "[redacted]"),
        ("CARD ACDFHJK379WXYR", "CARD [redacted]"),
        ("here it is: acdf hjk3 79wx yr, thanks", "here it is: [redacted], thanks"),
        ("my card: acdf hjk3 79wx yr thanks", "[redacted] thanks"),
        ("card acdf hjk3 79wx y", "card [redacted]"),  # mistyped: who reads it would soon find the last one
        ("بطاقة acdf hjk٣ ٧٩wx yr", "بطاقة [redacted]"),
        ("cards are finished", "cards are finished"),
        ("SELL 0921234567 3H CASH", "SELL 0921234567 3H CASH"),
        ("acdf hjk3 79wx yr and acdf-hjk3-79wx-ye", "[redacted] and [redacted]"),
    ],
)
def test_the_code_of_a_token_is_kept_nowhere(typed: str, kept: str) -> None:
    assert redact_text(typed) == kept


def test_what_is_typed_where_the_code_of_a_card_is_asked_for_is_kept_nowhere() -> None:
    assert redact_inputs("13*acdf hjk3 79wx y*0") == "13*[redacted]*0"
    assert redact_inputs("98*98*13*acdfhjk379wxyr*1") == "98*98*13*[redacted]*1"
    assert redact_inputs("2*13*1*0921234567") == "2*13*1*0921234567"  # 13 is a network there
