"""Signing up, naming networks, the MoMo number and its code, and an admin password that nobody ever reads again."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import errors
from core.clock import FixedClock
from core.messaging.relay import relay
from core.owners.add_network import Reach, add_network, connect_network
from core.owners.name_wallet import name_wallet
from core.owners.set_admin_password import set_admin_password
from core.owners.sign_up_owner import sign_up_owner
from core.owners.ssid import clean_ssid
from core.parts import Parts
from core.payouts.owner_terms import terms_on
from tests.core.owners.stall import HELPER, Stall
from tests.core.owners.test_selling_tokens import hires
from tests.town import ACHOL, DENG, count, texts_to

MARKER = "marker-0f-the-4dmin"


def test_a_customer_becomes_an_owner_once(stall: Stall, parts: Parts) -> None:
    achol, now = stall.town.achol, parts.clock.now()
    assert parts.db.run(lambda tx: sign_up_owner(tx, customer=achol, now=now))
    assert not parts.db.run(lambda tx: sign_up_owner(tx, customer=achol, now=now))
    with pytest.raises(errors.HelpsAlready):
        hires(stall, ACHOL)


def test_a_helper_is_not_an_owner_beside(stall: Stall, parts: Parts) -> None:
    hires(stall)
    helper = stall.who(HELPER)
    with pytest.raises(errors.HelpsAlready):
        parts.db.run(lambda tx: sign_up_owner(tx, customer=helper, now=parts.clock.now()))


@pytest.mark.parametrize(
    "name", ["Deng's Wi-Fi", "شبكة دينق", "A", "x" * 32, "ش" * 16, "Market 2 (upstairs)", "Café & Bar"]
)
def test_names_that_can_be_in_the_air(name: str) -> None:
    assert clean_ssid(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * 33,
        "ش" * 17,
        "Deng 🔥",
        'the "best"',
        "a\tb",
        "a\nb",
        "a\x00b",
        "back\\slash",
        "$(reboot)",
        "“x”",
        "...",
    ],
)
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(errors.InvalidSsid):
        clean_ssid(name)


def adds(stall: Stall, ssid: str, reach: Reach = "mikrotik") -> int:
    deng = stall.town.deng.customer_id
    return stall.parts.db.run(
        lambda tx: add_network(tx, owner_id=deng, typed_ssid=ssid, place="", reach=reach)
    ).hotspot_id


def test_a_network_sells_once_its_router_is_known(stall: Stall, parts: Parts) -> None:
    stall.town.hotspots["Deng Two"] = adds(stall, "Deng Two")
    assert adds(stall, "Deng Two") == stall.town.hotspots["Deng Two"]
    with pytest.raises(errors.NoHotspot):
        stall.sells("early", ssid="Deng Two")
    spot, router = stall.town.hotspots["Deng Two"], stall.town.routers["munuki"]
    with pytest.raises(errors.MomoNotConfirmed):  # nobody's share of what is sold would be written down
        parts.db.run(lambda tx: connect_network(tx, hotspot_id=spot, router_id=router))
    with pytest.raises(errors.NoHotspot):
        stall.sells("without terms", ssid="Deng Two")
    stall.confirms()
    parts.db.run(lambda tx: connect_network(tx, hotspot_id=spot, router_id=router))
    assert not stall.sells("now", ssid="Deng Two").again
    with pytest.raises(errors.NotPossibleNow):
        parts.db.run(lambda tx: connect_network(tx, hotspot_id=spot, router_id=router))


def test_a_network_nobody_can_reach_never_sells(stall: Stall, parts: Parts) -> None:
    spot = adds(stall, "No Router", "none")
    with pytest.raises(errors.NotPossibleNow):
        parts.db.run(lambda tx: connect_network(tx, hotspot_id=spot, router_id=stall.town.routers["munuki"]))
    with pytest.raises(DBAPIError, match="none_has_no_router"), parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET router_id = 1 WHERE id = :id"), {"id": spot})


def test_no_two_networks_have_one_code_and_none_has_the_number_of_paging(stall: Stall, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE hotspot SET code = 97 WHERE ssid = 'Munuki Net'"))
    adds(stall, "Next")
    adds(stall, "And next")
    assert [row[0] for row in stall.rows("SELECT code FROM hotspot ORDER BY code")] == [11, 97, 99, 100]


# The MoMo number


def test_the_code_confirms_the_number_once_and_money_goes_there(stall: Stall, parts: Parts) -> None:
    stall.names_momo("0991234567")
    code = stall.code_texted()
    assert stall.types_code("999999" if code != "999999" else "111111", "wrong") == "wrong"
    assert stall.types_code(f" {code[:3]} {code[3:]} ", "right") == "confirmed"
    assert stall.types_code(code, "again") == "over"
    with parts.db.reading() as connection:
        terms = terms_on(connection, stall.town.deng.customer_id, parts.clock.now().date())
    assert terms is not None
    assert (terms.payout_phone, terms.commission_millionths) == (DENG, 100_000)
    assert [template for template, _said in texts_to(parts, DENG)] == [
        "momo_code",
        "momo_code_wrong",
        "momo_confirmed",
        "momo_code_over",
    ]


def test_a_code_lives_ten_minutes_and_five_tries(stall: Stall, clock: FixedClock) -> None:
    stall.names_momo()
    code = stall.code_texted()
    for number in range(5):
        assert stall.types_code("000000" if code != "000000" else "111111", f"wrong-{number}") == "wrong"
    assert stall.types_code(code, "sixth") == "over"
    stall.names_momo(key="second")
    clock.advance(minutes=10)
    assert stall.types_code(stall.code_texted(), "late") == "over"
    stall.names_momo(key="third")
    with pytest.raises(errors.TooManyTries):
        stall.names_momo(key="fourth")
    clock.advance(hours=1)
    stall.names_momo(key="fifth")
    assert stall.types_code(stall.code_texted(), "at last") == "confirmed"


def test_only_a_number_of_mtn_is_named(stall: Stall, parts: Parts) -> None:
    for kind, phone in ((errors.NotMomoPhone, "0911234567"), (errors.ForeignPhone, "+254712345678")):
        with pytest.raises(kind):
            stall.names_momo(phone)
    assert count(parts, "momo_code") == 0


def test_the_code_is_nowhere_in_clear(stall: Stall) -> None:
    stall.names_momo()
    code = stall.code_texted()
    for table in ("text_message", "outbox", "momo_code"):
        assert code not in str(
            stall.rows(f"SELECT shown FROM {table}" if table == "text_message" else f"SELECT * FROM {table}")
        )


class Provider:
    """MTN, which knows of one wallet."""

    def __init__(self, active: bool | None, name: str | None) -> None:
        self.active, self.name = active, name

    def holder_active(self, _phone: str) -> bool | None:
        return self.active

    def holder_name(self, _phone: str) -> str | None:
        return self.name


def asks(parts: Parts, provider: Provider) -> None:
    handlers = {"owner.name": lambda row: name_wallet(row, db=parts.db, disburser=provider, clock=parts.clock)}  # type: ignore[arg-type]
    relay(parts.db, kind="owner.name", handlers=handlers, clock=parts.clock)


def test_the_provider_says_whose_wallet_it_is(stall: Stall, parts: Parts) -> None:
    stall.names_momo()
    asks(parts, Provider(True, "DENG MAJOK"))
    assert stall.types_code(stall.code_texted()) == "confirmed"
    assert stall.rows("SELECT momo_name FROM wifi_owner") == [("DENG MAJOK",)]


def test_a_number_without_a_wallet_is_not_confirmed(stall: Stall, parts: Parts) -> None:
    stall.names_momo()
    asks(parts, Provider(False, None))
    assert stall.types_code(stall.code_texted()) == "no_wallet"
    assert stall.rows("SELECT momo_phone FROM wifi_owner") == [(None,)]


def test_a_number_found_to_have_no_wallet_after_its_code_was_typed_stands_no_more(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    asks(parts, Provider(False, None))
    assert stall.rows("SELECT momo_phone, momo_confirmed_at FROM wifi_owner") == [(None, None)]
    assert [template for template, _said in texts_to(parts, DENG)][-1] == "momo_no_wallet"


# The admin password


def test_the_admin_password_is_kept_sealed_and_read_by_nobody(
    stall: Stall, parts: Parts, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    deng, spot = stall.town.deng.customer_id, stall.town.hotspots["Juba Town Wi-Fi"]

    def sets(password: str, hotspot: int = spot) -> None:
        keep = {"owner_id": deng, "hotspot_id": hotspot, "password": password, "sealer": parts.sealer}
        parts.db.run(lambda tx: set_admin_password(tx, **keep))

    sets(MARKER)
    for wrong in ("short", MARKER * 5, f"{MARKER}\n", f"{MARKER}é"):
        with pytest.raises(errors.InvalidWifiPassword) as refused:
            sets(wrong)
        assert wrong not in repr(refused.value) + str(refused.value.facts())
    with pytest.raises(errors.NoHotspot) as refused_there:
        sets(MARKER, 99_999)
    assert MARKER not in repr(refused_there.value)
    stall.sells("sold")
    stall.gives("given")
    for (table,) in stall.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"):
        assert MARKER not in str(stall.rows(f'SELECT t::text FROM "{table}" t')), table
    (sealed,) = stall.rows("SELECT admin_password_sealed FROM hotspot WHERE admin_password_sealed IS NOT NULL")[0]
    assert parts.sealer.open(sealed) == MARKER
    for sealed_text in stall.rows("SELECT text_sealed FROM text_message WHERE text_sealed IS NOT NULL"):
        assert MARKER not in parts.sealer.open(sealed_text[0])
    told = capfd.readouterr()
    assert MARKER not in told.out + told.err + caplog.text
