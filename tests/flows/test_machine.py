"""The machine and the step: what no table of texts shows."""

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.callers.commands import Register
from core.languages import TONGUES
from flows import engine
from flows.engine import AHEAD_MAX, begin, open_session, step
from flows.keywords import answers_for, understand
from flows.machine import HOME, MACHINE, MOVES, RESUME, STATES, WELCOME, IllegalMoveError, leads_back, move
from flows.session import Session
from tests.flows.cast import PHONES, SERVICES, TOKENS, World, bill_of, facts_of, refuses
from tests.flows.longest import STANDING
from tests.flows.transcript import assert_fits, through_json


def arrows():
    """(trigger, from, to), one by one."""
    return [
        (trigger, source, dest)
        for trigger, sources, dest in MOVES
        for source in ([sources] if isinstance(sources, str) else sources)
    ]


def test_a_stored_state_that_is_unknown_starts_again():
    facts = facts_of()
    assert open_session(facts, Session("shop.window")) == Session(HOME)
    with pytest.raises(IllegalMoveError):
        step(Session("shop.window"), "1", facts)


def test_going_on_in_a_state_that_is_unknown_by_now_is_told_as_such():
    saved = Session(RESUME, data={"saved": {"state": "shop.window", "page": 0, "data": {}}})
    with pytest.raises(IllegalMoveError):
        step(saved, "1", facts_of())


@pytest.mark.parametrize(
    ("state", "trigger"),
    [("menu.main", "pay"), ("menu.main", "no_such_trigger"), ("shop.window", "back"), ("help.show", "back")],
)
def test_a_move_that_is_not_drawn_is_refused(state, trigger):
    with pytest.raises(IllegalMoveError):
        move(state, trigger)


@pytest.mark.parametrize(("trigger", "source", "dest"), arrows())
def test_every_arrow_leads_where_it_is_drawn(trigger, source, dest):
    assert move(source, trigger) == dest


def test_no_trigger_leads_from_one_state_to_two():
    pairs = [(trigger, source) for trigger, source, _dest in arrows()]
    assert len(pairs) == len(set(pairs))


def test_every_state_is_reached():
    reached, waiting = set(), [WELCOME, RESUME, "menu.which"]  # where calls and texts begin
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [dest for _trigger, source, dest in arrows() if source == state]
    assert reached == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_way_on_or_is_an_end(state):
    page = STATES[state][0](Session(state, data=STANDING[state]), facts_of())
    onward = [trigger for trigger, source, _dest in arrows() if source == state and trigger != "back"]
    assert bool(onward) != page.ends


@pytest.mark.parametrize("state", STATES)
def test_back_is_offered_exactly_where_it_leads_somewhere(state):
    page = STATES[state][0](Session(state, data=STANDING[state]), facts_of(tokens=["waiting"]))
    if not page.ends and page.back:
        assert leads_back(state)


def test_the_machine_is_shared_and_knows_no_caller():
    assert MACHINE.models == []
    before = json.dumps(sorted(MACHINE.events))
    for _call in range(50):
        move("menu.main", "buy")
    assert MACHINE.models == []
    assert json.dumps(sorted(MACHINE.events)) == before


ANSWERS = st.one_of(
    st.sampled_from(
        ["0", "00", "98", "1", "2", "3", "4", "5", "6", "7", "8", "11", "12", "500", "٥٠٠", "5,000", "5.000"]
    ),
    st.sampled_from(["0929999999", "0911234567", "+256772123456", "0180123456", "Achol Deng", "😀", "*", "", "\x00"]),
    st.text(max_size=200),
)
FACTS = st.builds(
    facts_of,
    st.sampled_from(list(PHONES)),
    st.sampled_from(TONGUES),
    balance=st.sampled_from([0, 300, 2_000, 99_999_999]),
    networks=st.integers(0, 2),
    tokens=st.lists(st.sampled_from(list(TOKENS)), max_size=4, unique=True),
    name=st.sampled_from(["", "Achol", "أ" * 60]),
    bill=st.sampled_from([bill_of(0), bill_of(50), bill_of(36_000), bill_of(40_000, 36_000, 2), bill_of(9_000_000)]),
    services=st.lists(st.sampled_from(list(SERVICES)), max_size=3, unique=True),
)


def assert_one_turn(turn):
    """What holds of every turn there can be."""
    assert_fits(turn.screen)
    assert len(turn.commands) <= 1
    through_json(turn.session)


@settings(max_examples=120, deadline=None)
@given(facts=FACTS, ahead=st.lists(ANSWERS, max_size=12), answers=st.lists(ANSWERS, max_size=12))
def test_nothing_that_is_typed_breaks_a_conversation(facts, ahead, answers):
    world = World(facts)
    turn = begin(open_session(facts), ahead, facts)
    assert turn.commands == ()
    for typed in answers:
        assert_one_turn(turn)
        session = through_json(turn.session)
        turn = step(session, typed, world.facts)
        assert turn == step(session, typed, world.facts)
        if any(refuses(world, command) for command in turn.commands) or turn.screen.ends:
            start = open_session(world.facts, None if turn.screen.ends else turn.session)
            turn = begin(start, [], world.facts)
    assert_one_turn(turn)


@settings(max_examples=120, deadline=None)
@given(facts=FACTS, state=st.sampled_from(list(STATES)), typed=ANSWERS, page=st.integers(-1, 5))
def test_from_wherever_a_session_stands_a_step_is_pure_and_small(facts, state, typed, page):
    if facts.customer is None and state != WELCOME:
        return
    session = Session(state, page, STANDING[state])
    before = json.dumps(session.to_json())
    turn = step(session, typed, facts)
    assert json.dumps(session.to_json()) == before
    assert turn == step(session, typed, facts)
    assert_one_turn(turn)


@settings(max_examples=120, deadline=None)
@given(facts=FACTS, text=st.one_of(st.text(max_size=160), st.sampled_from(["TOPUP 0", "topup 98", "BUY 3H", "buy 00"])))
def test_any_text_is_read_as_answers_that_a_conversation_takes(facts, text):
    assert_one_turn(begin(open_session(facts), answers_for(understand(text), facts.plans), facts))


@given(kept=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_a_call_that_drops_again_and_again_keeps_a_small_session(kept):
    facts = facts_of()
    turn = begin(open_session(facts), ["2", "1", "11", "1"], facts)
    for _drop in range(kept):
        turn = begin(open_session(facts, turn.session), [], facts)
        assert turn.session.state == RESUME
        turn = step(through_json(turn.session), "1", facts)
        assert turn.session.state == "buy.pay"


def test_what_a_stranger_dialled_ahead_is_kept_short():
    facts = facts_of("Kiden")
    turn = begin(open_session(facts), ["😀" * 500] * 50, facts)
    through_json(turn.session)
    assert len(turn.session.data["ahead"]) == AHEAD_MAX


def test_choosing_a_language_is_the_only_thing_a_stranger_can_do():
    facts = facts_of("Kiden")
    for typed in ["0", "00", "98", "4", "", "STOP", "2*1", "😀"]:
        turn = step(open_session(facts), typed, facts)
        assert (turn.session.state, turn.commands) == (WELCOME, ())
    assert step(open_session(facts), "1", facts).commands == (Register("en", None),)


def test_a_purchase_dialled_to_its_end_stops_at_the_price():
    facts = facts_of()
    for ahead in (["2", "1", "11", "1", "1"], ["2", "1", "11", "1", "2"], ["3", "500", "1"], ["5", "1"], ["7", "2"]):
        turn = begin(open_session(facts), ahead, facts)
        assert turn.commands == ()
        assert not turn.screen.ends


def test_an_answer_is_cut_before_it_is_read(monkeypatch):
    read = []
    monkeypatch.setitem(STATES, "account.name", (STATES["account.name"][0], lambda _s, typed, _f: read.append(typed)))
    with pytest.raises(AttributeError):  # the stand-in answers nothing
        step(Session("account.name"), "x" * 5_000, facts_of())
    assert [len(typed) for typed in read] == [engine.TYPED_CHARS_MAX]


def test_eight_threads_share_the_machine():
    routes = [
        (["2", "1", "11", "1"], "buy.pay"),
        (["3", "500"], "top_up.confirm"),
        (["4", "1"], "tokens.one"),
        (["5"], "fault.kind"),
        (["7", "4"], "account.name"),
        (["1", "2"], "top_up.amount"),
        (["2", "3", "12", "2"], "buy.phone"),
        (["6"], "help.show"),
    ]
    facts = replace(facts_of(tokens=["waiting"]), hotspots=facts_of().hotspots)
    ready, wrong = threading.Barrier(len(routes)), []

    def call(answers, destination):
        ready.wait()
        for _time in range(150):
            turn = begin(open_session(facts), [], facts)
            for typed in answers:
                turn = step(turn.session, typed, facts)
            if turn.session.state != destination:
                wrong.append((destination, turn.session.state))

    threads = [threading.Thread(target=call, args=route) for route in routes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
