"""The pictures in docs/flows/ are those of the machine of today."""

import pytest

from flows.diagram import DOCS, arrows, ends, mermaid, page, write
from flows.machine import FLOWS, MOVES, STATES
from flows.session import Session
from tests.flows.cast import facts_of
from tests.flows.longest import STANDING


@pytest.mark.parametrize("name", FLOWS)
def test_the_picture_of_a_conversation_is_current(name):
    drawn = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert drawn == page(name), "python -m flows.diagram draws it anew"


def test_no_picture_is_left_of_what_is_gone():
    assert {path.stem for path in DOCS.glob("*.md")} == set(FLOWS)


def test_every_state_belongs_to_one_picture():
    drawn = [state for conversation in FLOWS.values() for state in conversation.STATES]
    assert sorted(drawn) == sorted(STATES)


def test_every_arrow_is_drawn_somewhere():
    drawn = {arrow for name in FLOWS for arrow in arrows(name)}
    for trigger, sources, dest in MOVES:
        for source in [sources] if isinstance(sources, str) else sources:
            assert (trigger, source, dest) in drawn


@pytest.mark.parametrize("state", STATES)
def test_an_end_is_drawn_where_the_call_ends(state):
    assert ends(state) == STATES[state][0](Session(state, data=STANDING[state]), facts_of()).ends


@pytest.mark.parametrize("name", FLOWS)
def test_a_picture_is_mermaid_that_github_can_draw(name):
    lines = mermaid(name).splitlines()
    assert lines[:4] == ["---", f"title: {name.replace('_', ' ')}", "---", "stateDiagram-v2"]
    named = {line.split(" as ")[1] for line in lines if line.startswith("  state ")}
    for line in lines:
        if "-->" in line:
            assert {end.strip() for end in line.partition(":")[0].split("-->")} <= named | {"[*]"}


def test_drawing_again_changes_nothing(tmp_path):
    assert len(write(tmp_path)) == len(FLOWS)
    assert write(tmp_path) == []
