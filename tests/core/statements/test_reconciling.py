"""The other side against the books, by account and day: a difference is explained, or somebody has to look."""

from datetime import date, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update

from core.billing.draft import issuer_of
from core.billing.money_came import used_by
from core.clock import JUBA
from core.errors import DoesNotFit
from core.ids import payment_reference
from core.payments.open_intent import open_intent
from core.payments.settle import settle
from core.payouts.models import Payout
from core.statements.credit_line import credit_line
from core.statements.explain_line import explain_line
from core.statements.match_line import match_known, match_other
from core.statements.reconcile import closings, reconcile
from core.statements.unmatch import unmatch
from core.tokens.fulfil import fulfilments
from tests.core.statements.bank import csv_of, row, ssp
from tests.town import everything_agrees

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def reconciled(bank, first=FIRST, last=LAST):
    with bank.parts.db.reading() as connection:
        return [
            (one.code, str(one.day), one.difference.minor, {word: part.minor for word, part in one.why.items()})
            for one in reconcile(connection, first, last)
        ]


def paid_by_momo(bank, pounds, their_id, who=None):
    """A payment that MTN confirmed to our own machine; our reference of it."""
    who, parts = who or bank.town.achol, bank.parts

    def work(tx):
        intent_id = open_intent(
            tx,
            request_key=f"momo:{their_id}",
            customer=who,
            payer_phone=who.main_phone,
            amount=ssp(pounds),
            purpose="topup",
            purpose_body={},
            platform="http://momo",
            now=parts.clock.now(),
            ids=parts.ids,
        ).intent_id
        settle(
            tx,
            intent_id=intent_id,
            provider_reference=their_id,
            now=parts.clock.now(),
            why={},
            fulfil=fulfilments(ids=parts.ids, sealer=parts.sealer, stays=used_by(issuer_of(parts.settings))),
        )
        return tx.execute(text("SELECT reference FROM payment_intent WHERE id = :id"), {"id": intent_id}).scalar_one()

    return str(parts.db.run(work))


def test_nothing_to_reconcile_is_nothing(bank):
    assert reconciled(bank) == []


def test_a_day_of_the_bank_agrees_with_its_statement_whatever_lies_on_suspense(bank, town):
    bank.imports(csv_of(row(100, payment_reference(town.achol.number)), row(50, "who"), row(-7, "fee")))
    assert reconciled(bank) == [("eco", "2026-11-20", 0, {})]
    with bank.parts.db.reading() as connection:
        (only,) = reconcile(connection, FIRST, LAST)
    assert only.suspense == ssp(43)
    assert not only.unexplained


def test_momo_payments_are_confirmed_by_their_number_or_ours_and_post_nothing(bank, town, parts):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    paid_by_momo(bank, 500, "9001")
    ours = paid_by_momo(bank, 300, "9002")
    before = bank.stands("momo:mtn")
    progress = bank.imports(csv_of(row(500, ref="9001"), row(300, ref="other", payer=ours)), "mtn-momo")
    assert progress.matched == 2
    assert bank.stands("momo:mtn") == before
    assert reconciled(bank) == [("mtn-momo", "2026-11-20", 0, {})]
    everything_agrees(parts)


def test_what_the_provider_has_and_we_do_not_and_the_other_way_round(bank, town, parts):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    paid_by_momo(bank, 500, "9001")
    bank.imports(csv_of(row(70, "no idea", ref="9009"), row(-3, "fee", ref="9010")), "mtn-momo")
    assert reconciled(bank) == [("mtn-momo", "2026-11-20", -433_00, {"missing_here": 67_00, "missing_there": -500_00})]
    bank.does(
        credit_line, line_id=bank.line("no idea"), customer_id=town.deng.customer_id, amount=None, why="he has the SMS"
    )
    bank.does(match_other, line_id=bank.line("fee"), what="fee", amount=None, why="")
    bank.imports(csv_of(row(500, ref="9001")), "mtn-momo")
    assert reconciled(bank) == [("mtn-momo", "2026-11-20", 0, {})]
    assert town.balance(town.deng).minor == 70_00
    everything_agrees(parts)


def test_a_statement_that_is_not_there_yet_is_awaited_and_after_a_week_missing(bank):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    paid_by_momo(bank, 500, "9001")
    assert reconciled(bank, last=date(2026, 11, 22)) == [("mtn-momo", "2026-11-20", -500_00, {"awaited": -500_00})]
    assert reconciled(bank, last=date(2026, 11, 28)) == [
        ("mtn-momo", "2026-11-20", -500_00, {"missing_there": -500_00})
    ]


def test_a_payment_over_midnight_is_explained_on_both_days(bank):
    bank.clock.at = datetime(2026, 11, 20, 23, 59, tzinfo=JUBA)
    paid_by_momo(bank, 500, "9001")
    bank.clock.advance(hours=40)
    bank.imports(csv_of(row(500, ref="9001", day="21/11/2026")), "mtn-momo")
    assert reconciled(bank) == [
        ("mtn-momo", "2026-11-20", -500_00, {"other_day": -500_00}),
        ("mtn-momo", "2026-11-21", 500_00, {"other_day": 500_00}),
    ]


def test_another_amount_than_ours_is_a_difference_until_a_person_says_why(bank):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    paid_by_momo(bank, 500, "9001")
    assert bank.imports(csv_of(row(490, "short", ref="9001")), "mtn-momo").matched == 0
    ((receipt,),) = bank.rows("SELECT id FROM receipt")
    bank.does(match_known, line_id=bank.line("short"), kind="receipt", target=receipt, amount=None, why="they say 490")
    assert reconciled(bank) == [("mtn-momo", "2026-11-20", -10_00, {"amount_differs": -10_00})]


def test_what_a_provider_took_back_is_explained_by_a_person(bank, parts):
    bank.imports(csv_of(row(70, "came", ref="1"), row(-70, "went back", ref="2")), "mtn-momo")
    for details in ("came", "went back"):
        bank.does(explain_line, line_id=bank.line(details), why="reversed by MTN within the hour")
    (one,) = reconciled(bank)
    assert (one[2], one[3]) == (0, {})
    everything_agrees(parts)


def test_a_payment_that_our_machine_still_asks_about_is_not_credited_past_it(bank, town):
    def work(tx):
        return open_intent(
            tx,
            request_key="open",
            customer=town.achol,
            payer_phone=town.achol.main_phone,
            amount=ssp(500),
            purpose="topup",
            purpose_body={},
            platform="http://momo",
            now=bank.clock.now(),
            ids=bank.parts.ids,
        ).intent_id

    intent_id = bank.parts.db.run(work)
    ((ours,),) = bank.rows("SELECT reference FROM payment_intent WHERE id = :id", id=intent_id)
    bank.imports(csv_of(row(500, "unknown one", ref="9001", payer=str(ours))), "mtn-momo")
    refusal = bank.is_refused(
        DoesNotFit,
        credit_line,
        line_id=bank.line("unknown one"),
        customer_id=town.achol.customer_id,
        amount=None,
        why="x",
    )
    assert refusal.what == "intent"


def test_the_closing_balance_of_a_file_is_held_against_the_books(bank):
    mt940 = ":20:S\n:25:1\n:28C:1\n:60F:C261120SSP1000,00\n:61:2611201120C500,00NTRFREF//B1\n:86:who\n:62F:C261120SSP1500,00\n-\n"
    progress = bank.imports(mt940.encode())
    assert (progress.new, progress.bad) == (1, 0)
    with bank.parts.db.reading() as connection:
        (closing,) = closings(connection)
    assert (closing.theirs, closing.ours, closing.known) == (ssp(1500), ssp(500), False)


def test_a_drawer_stands_with_its_count(bank, town):
    bank.town.give(town.achol, 100)
    assert [one for one in reconciled(bank) if one[0] == "counter"] == []


def test_camt_and_mt940_of_one_day_are_the_same_where_their_numbers_are_unique(bank, town):
    camt = (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>'
        '<Ntry><Amt Ccy="SSP">500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>'
        f"<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{payment_reference(town.achol.number)}</Ustrd>"
        "</RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"
    )
    assert bank.imports(camt.encode(), "gurush").matched == 1
    mt940 = (
        ":20:S\n:25:1\n:28C:1\n:60F:C261120SSP0,00\n:61:2611201120C500,00NTRFREF//B1\n:86:x\n:62F:C261120SSP500,00\n-\n"
    )
    assert bank.imports(mt940.encode(), "gurush").new == 0


@pytest.mark.parametrize(
    "bomb",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><Document>camt.053 &c;</Document>',
        '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><Document>camt.053</Document>',
        '<?xml version="1.0"?><Document xmlns="camt.053">' + "<a>" * 5000,
        '<?xml version="1.0"?><Document xmlns="camt.053"><c><d><Ntry>' + "<b/>" * 50_000,
        '<?xml version="1.0"?><Document xmlns="camt.053"><BkToCstmrStmt><Stmt><Ntry>',
    ],
)
def test_an_xml_bomb_is_a_broken_line_and_nothing_else(bank, bomb):
    progress = bank.imports(bomb.encode())
    assert (progress.state, progress.new, progress.bad) == ("done", 0, 1)


LINES = st.lists(
    st.tuples(st.sampled_from(["achol", "deng", "nobody"]), st.integers(-50, 200).filter(bool), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, cuts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4), seed=st.randoms())
def test_any_order_overlap_and_repeat_of_files_credits_each_line_once(bank, town, lines, cuts, seed):
    mark = uuid4().hex[:8]
    numbers = {"achol": town.achol.number, "deng": town.deng.number}
    rows = [
        row(
            amount,
            payment_reference(numbers[who]) if who in numbers else "x",
            day=f"0{1 + day}/11/2026",
            ref=f"{mark}-{at}",
        )
        for at, (who, amount, day) in enumerate(lines)
    ]
    before = {name: town.balance(town.account_of(name)).minor for name in numbers}
    books, suspense = bank.stands("bank:eco"), bank.stands("suspense:eco")
    files = [rows[min(cut) : max(cut)] for cut in cuts] + [rows]
    seed.shuffle(files)
    for file in files:
        if file:
            bank.imports(csv_of(*file))
    for name in numbers:
        came = sum(amount for who, amount, _day in lines if who == name and amount > 0)
        assert town.balance(town.account_of(name)).minor - before[name] == came * 100
    assert books - bank.stands("bank:eco") == sum(amount for _who, amount, _day in lines) * 100
    open_credits = sum(amount for who, amount, _day in lines if who == "nobody" and amount > 0)
    assert bank.stands("suspense:eco") - suspense == open_credits * 100
    assert all(not why for _code, _day, _difference, why in reconciled(bank))
    everything_agrees(bank.parts)


def test_a_match_taken_back_on_a_later_day_is_explained_on_both(bank, town, parts):
    bank.imports(csv_of(row(800, payment_reference(town.achol.number))))
    bank.clock.advance(hours=48)
    ((match,),) = bank.rows("SELECT id FROM line_match")
    bank.does(unmatch, match_id=match, why="wrong")
    assert all(one[2] == 0 and not one[3] for one in reconciled(bank))
    everything_agrees(parts)


def sent_by_hand(bank, pounds, their_id):
    """Money that a person sent from the bank to Deng, as the room of payouts leaves it in the books."""
    from core.ledger.accounts import open_account
    from core.ledger.post import Posting, post

    def work(tx):
        now = bank.clock.now()
        held, bank_place = open_account(tx, "payout:held", "SSP"), open_account(tx, "bank:eco", "SSP")
        share = open_account(tx, "opening:owner", "SSP")
        hold = post(
            tx,
            key="hold",
            kind="payout_hold",
            occurred_at=now,
            now=now,
            postings=[Posting(share, held, ssp(pounds))],
            memo={},
        )
        end = post(
            tx,
            key="end",
            kind="payout_paid",
            occurred_at=now,
            now=now,
            postings=[Posting(held, bank_place, ssp(pounds))],
            memo={},
        )
        asked = {
            "reference": uuid4(), "request_key": "p", "kind": "transfer", "rail": "by_hand",
            "customer_id": bank.town.deng.customer_id, "amount_minor": pounds * 100, "currency": "SSP",
            "source": "owner_share", "reason": "share", "state": "waiting", "needs_second": False, "asked_at": now,
            "asks": 0,
        }  # fmt: skip
        payout_id = tx.execute(insert(Payout).values(asked).returning(Payout.id)).scalar_one()
        for values in (
            {"state": "approved", "hold_entry_id": hold.entry_id, "approved_at": now},
            {
                "state": "paid",
                "end_entry_id": end.entry_id,
                "provider_reference": their_id,
                "paid_from": "bank:eco",
                "ended_at": now,
            },
        ):
            tx.execute(update(Payout).where(Payout.id == payout_id).values(values))
        return payout_id

    return bank.parts.db.run(work)


def test_what_a_person_sent_from_the_bank_is_found_by_its_number_and_posted_once(bank):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    sent_by_hand(bank, 900, "FT900")
    soon = date(2026, 11, 22)
    assert reconciled(bank, last=soon) == [("eco", "2026-11-20", 900_00, {"awaited": 900_00})]
    assert bank.imports(csv_of(row(-900, "to deng", ref="FT900"))).matched == 1
    assert bank.stands("bank:eco") == 900_00
    assert bank.stands("suspense:out:eco") == 0
    assert reconciled(bank) == [("eco", "2026-11-20", 0, {})]


def test_a_line_that_came_before_its_payout_leaves_suspense_when_it_is_matched(bank):
    bank.clock.at = datetime(2026, 11, 20, 12, tzinfo=JUBA)
    bank.imports(csv_of(row(-900, "to deng")))
    payout = sent_by_hand(bank, 900, "FT900")
    assert bank.stands("bank:eco") == 1800_00
    bank.does(match_known, line_id=bank.line("to deng"), kind="payout", target=payout, amount=None, why="his share")
    assert bank.stands("bank:eco") == 900_00
    assert bank.stands("suspense:out:eco") == 0
    assert reconciled(bank) == [("eco", "2026-11-20", 0, {})]
    ((match,),) = bank.rows("SELECT id FROM line_match")
    bank.does(unmatch, match_id=match, why="another one")
    assert bank.stands("suspense:out:eco") == -900_00
