"""A token is moved to another phone, stands still, and is taken back with its price: each leaves the books in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from core.access.first_use import mark_first_use
from core.access.models import AccessGrant
from core.clock import FixedClock
from core.errors import KeyReused, NoPausesLeft, NotFound, NotPossibleNow, ReasonMissing
from core.integrity import all_faults
from core.money import Money
from core.network.expire import expire_due
from core.parts import Parts
from core.tokens.move_token import Moved, move_token
from core.tokens.pause_token import PAUSE_LONGEST, pause_token, resume_token
from core.tokens.revoke_token import Revoked, revoke_token
from tests.core.tokens.cards import Cards
from tests.core.tokens.test_cards import agree, owes
from tests.core.tokens.test_redeem import plan
from tests.core.tokens.test_sell_token import buy
from tests.town import ACHOL, DENG, KIDEN, Town, count, everything_agrees, snapshot, texts_to


def bought(town: Town, **changes: int) -> int:
    town.give(town.achol, 300)
    buy(town, "hop", **changes)
    with town.parts.db.reading() as connection:
        return int(connection.execute(text("SELECT id FROM token")).scalar_one())


def begin(parts: Parts, token_id: int) -> None:
    with parts.db.transaction() as tx:
        grant_id = tx.execute(text("SELECT grant_id FROM token WHERE id = :id"), {"id": token_id}).scalar_one()
        assert mark_first_use(tx, grant_id=grant_id, used_at=parts.clock.now())


def move(parts: Parts, token_id: int, to: str = DENG, phone: str = ACHOL, key: str = "move") -> Moved:
    return parts.db.run(
        lambda tx: move_token(
            tx, request_key=key, token_id=token_id, phone=phone, to_phone=to, now=parts.clock.now(), ids=parts.ids,
            sealer=parts.sealer,
        )
    )  # fmt: skip


def pause(parts: Parts, token_id: int, phone: str = ACHOL) -> None:
    parts.db.run(lambda tx: pause_token(tx, token_id=token_id, phone=phone, now=parts.clock.now()))


def resume(parts: Parts, token_id: int, phone: str = ACHOL) -> None:
    parts.db.run(lambda tx: resume_token(tx, token_id=token_id, phone=phone, now=parts.clock.now()))


def revoke(town: Town, token_id: int, *, refund: bool = True, why: str = "the network was off") -> Revoked:
    return town.parts.db.run(
        lambda tx: revoke_token(
            tx, token_id=token_id, staff_id=town.staff["mary"], seller_id=None, why=why, refund=refund,
            now=town.parts.clock.now(),
        )
    )  # fmt: skip


def grants(parts: Parts) -> list[tuple]:
    with parts.db.reading() as connection:
        query = "SELECT status, duration_s, ends_at, p.wanted FROM access_grant g JOIN placement p ON p.grant_id = g.id"
        return [tuple(row) for row in connection.execute(text(query + " ORDER BY g.id"))]


def test_what_is_left_goes_to_another_phone_and_the_old_credentials_are_worth_nothing(
    town: Town, parts: Parts, clock: FixedClock
) -> None:
    token = bought(town)
    begin(parts, token)
    ends_at = clock.now() + timedelta(hours=1)
    clock.advance(minutes=20)
    moved = move(parts, token)
    assert grants(parts) == [
        ("revoked", 3600, ends_at, "disabled"), ("running", 2400, ends_at, "present"),
    ]  # fmt: skip
    assert [name for name, _ in texts_to(parts, DENG)] == ["token"]
    before = snapshot(parts)
    assert move(parts, token) == Moved(moved.token_id, again=True)
    with pytest.raises(KeyReused):
        move(parts, token, to=KIDEN)
    for phone, key in ((KIDEN, "a"), (DENG, "b")):
        with pytest.raises(NotFound):
            move(parts, token, phone=phone, key=key)
    with pytest.raises(NotPossibleNow):
        move(parts, token, key="c")
    assert snapshot(parts) == before
    everything_agrees(parts)


def test_one_not_used_yet_is_moved_whole_and_one_used_up_is_not(town: Town, parts: Parts, clock: FixedClock) -> None:
    token = bought(town)
    moved = move(parts, token).token_id
    assert grants(parts)[1][:2] == ("waiting", 3600)
    begin(parts, moved)
    clock.advance(hours=1)
    with pytest.raises(NotPossibleNow):
        move(parts, moved, phone=DENG, to=ACHOL, key="late")
    expire_due(parts.db, clock.now())
    everything_agrees(parts)


def test_the_code_of_a_card_that_was_moved_lets_nobody_in(cards: Cards) -> None:
    code = cards.one()
    token = cards.type(code, phone=ACHOL).token_id
    move(cards.parts, token)
    with pytest.raises(NotPossibleNow):
        cards.type(code, phone=ACHOL)
    assert count(cards.parts, "token") == 2
    everything_agrees(cards.parts)


def test_it_stands_still_as_often_as_its_plan_allows_and_ends_later_by_as_much(
    town: Town, parts: Parts, clock: FixedClock
) -> None:
    token = bought(town, version=plan(town, pauses_max=1))
    with pytest.raises(NotPossibleNow):
        pause(parts, token)
    begin(parts, token)
    ends_at = clock.now() + timedelta(hours=1)
    with pytest.raises(NotFound):
        pause(parts, token, phone=KIDEN)
    pause(parts, token)
    everything_agrees(parts)
    clock.advance(hours=5)
    assert expire_due(parts.db, clock.now()) == 0
    resume(parts, token)
    assert grants(parts) == [("running", 3600, ends_at + timedelta(hours=5), "present")]
    with pytest.raises(NoPausesLeft):
        pause(parts, token)
    with pytest.raises(NotPossibleNow):
        resume(parts, token)
    everything_agrees(parts)
    moved = move(parts, token).token_id
    with pytest.raises(NoPausesLeft):
        pause(parts, moved, phone=DENG)


def test_no_pause_is_longer_than_the_longest(town: Town, parts: Parts, clock: FixedClock) -> None:
    token = bought(town, version=plan(town, pauses_max=1))
    begin(parts, token)
    ends_at = clock.now() + timedelta(hours=1)
    pause(parts, token)
    clock.at += PAUSE_LONGEST + timedelta(days=9)
    resume(parts, token)
    assert grants(parts)[0][2] == ends_at + PAUSE_LONGEST
    assert expire_due(parts.db, clock.now()) == 1
    everything_agrees(parts)


def test_a_token_of_a_plan_without_pauses_does_not_stand_still(town: Town, parts: Parts) -> None:
    token = bought(town)
    begin(parts, token)
    with pytest.raises(NoPausesLeft) as refused:
        pause(parts, token)
    assert refused.value.pauses == 0


@pytest.mark.parametrize("moved", [False, True])
def test_the_price_goes_back_into_the_wallet_and_what_the_owner_and_we_had_of_it_is_undone(
    town: Town, parts: Parts, moved: bool
) -> None:
    agree(town)
    token = bought(town)
    held = move(parts, token).token_id if moved else token
    assert town.balance(town.achol) == Money.of(0, "SSP")
    assert revoke(town, held) == Revoked("wallet", Money.of(300, "SSP"))
    assert town.balance(town.achol) == Money.of(300, "SSP")
    with parts.db.reading() as connection:
        query = """SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_posting p JOIN ledger_account a
                   ON a.id = p.account_id WHERE a.code ~ '^(owner_share|commission|sales:token)'"""
        assert connection.execute(text(query)).scalar_one() == 0
    before = snapshot(parts)
    with pytest.raises(NotPossibleNow):
        revoke(town, held)
    assert snapshot(parts) == before
    everything_agrees(parts)


def test_a_share_that_was_paid_out_since_the_owner_owes(town: Town, parts: Parts) -> None:
    agree(town)
    token = bought(town)
    with parts.db.transaction() as tx:  # as a settlement takes it
        entry = """INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo)
                   VALUES ('settled', 'owner_settlement', :now, :now, 2, '\\x00', '{}') RETURNING id"""
        entry_id = tx.execute(text(entry), {"now": parts.clock.now()}).scalar_one()
        posting = """INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)
                     SELECT :entry, id, 'SSP', CASE WHEN code LIKE 'owner_share:%' THEN -27000 ELSE 27000 END
                     FROM ledger_account WHERE code LIKE 'owner_share:%' OR code LIKE 'sales:token:%'"""
        tx.execute(text(posting), {"entry": entry_id})
    assert revoke(town, token).means == "wallet"
    assert owes(town) == 270_00
    assert town.balance(town.achol) == Money.of(300, "SSP")


def test_it_is_taken_back_for_a_reason_and_without_a_refund_nothing_moves(town: Town, parts: Parts) -> None:
    token = bought(town)
    with pytest.raises(ReasonMissing):
        revoke(town, token, why=" ")
    with pytest.raises(NotFound):
        revoke(town, token + 1)
    assert revoke(town, token, refund=False) == Revoked("nothing", Money.of(0, "SSP"))
    assert town.balance(town.achol) == Money.of(0, "SSP")
    everything_agrees(parts)


@pytest.mark.parametrize(
    ("around", "fault"),
    [
        ("UPDATE token_card SET sale_id = NULL WHERE serial = 2", "every sale of cards is of the cards it names"),
        ("DELETE FROM token_card WHERE serial = 3", "every batch has all its cards"),
        ("UPDATE token_card SET token_id = NULL", "every token of a card has its card"),
    ],
)
def test_cards_that_do_not_agree_are_found(cards: Cards, around: str, fault: str) -> None:
    batch = cards.make(3).batch_id
    cards.sell(batch, 1, 2)
    cards.type(cards.codes(batch)[0], phone=ACHOL)
    everything_agrees(cards.parts)
    with cards.parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE token_card DISABLE TRIGGER token_card_guard"))
        assert tx.execute(text(around)).rowcount
        tx.execute(text("ALTER TABLE token_card ENABLE TRIGGER token_card_guard"))
    with cards.parts.db.reading() as connection:
        found = all_faults(connection, cards.parts.clock.now())
    assert any(line.startswith(fault) for line in found), found


def test_a_paused_token_without_its_pause_is_found(town: Town, parts: Parts) -> None:
    token = bought(town)
    begin(parts, token)
    with parts.db.transaction() as tx:
        tx.execute(update(AccessGrant).values(status="paused", paused_at=parts.clock.now()))
        tx.execute(text("UPDATE placement SET wanted = 'disabled'"))
    with parts.db.reading() as connection:
        assert all_faults(connection, parts.clock.now()) == [f"every paused token has its pause: token {token}"]
