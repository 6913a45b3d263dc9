"""The one machine of all conversations, built at import and shared: a session only carries its state.

Building one per hop would cost milliseconds, registering models leaks 17 kB each, and `queued=True` on a shared
machine is wrong across threads (measured; see docs/decisions).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, Final

from transitions import Machine, MachineError

from core.callers.facts import Facts
from flows import (
    account,
    bill,
    buy,
    card,
    fault,
    figures,
    internet,
    last_sales,
    menu,
    more_data,
    my_plan,
    my_token,
    outage,
    owner,
    payments,
    prices,
    sell,
    tokens,
    top_up,
    welcome,
    who_helps,
)
from flows.session import Answer, Page, Session

Show = Callable[[Session, Facts], Page]
Read = Callable[[Session, str, Facts], Answer]

_MODULES: Final = (
    welcome,
    menu,
    top_up,
    buy,
    tokens,
    fault,
    account,
    bill,
    my_plan,
    payments,
    outage,
    internet,
    more_data,
    sell,
    owner,
    card,
    my_token,
    figures,
    who_helps,
    prices,
    last_sales,
)
FLOWS: Final[dict[str, ModuleType]] = {flow.__name__.rpartition(".")[2]: flow for flow in _MODULES}
STATES: Final[dict[str, tuple[Show, Read]]] = {
    name: pair for flow in FLOWS.values() for name, pair in flow.STATES.items()
}
MOVES: Final[list[tuple[str, Any, str]]] = [move for flow in FLOWS.values() for move in flow.MOVES]
HOME: Final = "menu.main"
WELCOME: Final = "welcome.language"
RESUME: Final = "menu.resume"
BILL: Final = "bill.show"
PAYMENTS: Final = "payments.menu"

MACHINE: Final = Machine(
    model=None,
    states=list(STATES),
    transitions=[{"trigger": trigger, "source": source, "dest": dest} for trigger, source, dest in MOVES],
    initial=WELCOME,
    auto_transitions=False,
    queued=False,
)


class _Place:
    """The light object a trigger is fired on."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class IllegalMoveError(Exception):
    """A state or a move the machine does not know: an old session after an update, or our mistake."""


@cache  # the tables never change, and firing the machine is the dearest part of a step
def move(state: str, trigger: str) -> str:
    """The state that a trigger leads to.

    Raises:
        IllegalMoveError: the machine knows no such state, or no such move from it.
    """
    place = _Place(state)
    try:
        MACHINE.events[trigger].trigger(place)
    except (KeyError, ValueError, MachineError) as error:
        raise IllegalMoveError(f"{trigger} from {state}") from error
    return place.state


def leads_back(state: str) -> bool:
    """Whether "0" leads anywhere from a state."""
    return bool(MACHINE.get_transitions(trigger="back", source=state))
