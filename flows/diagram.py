"""The conversations as pictures: `python -m flows.diagram` draws docs/flows/ from the tables that the machine runs on.

A build-time program, never part of a hop: the one module here that writes files.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any, Final

from transitions.extensions import GraphMachine

from flows.machine import FLOWS, HOME, MACHINE, RESUME, STATES, WELCOME

DOCS: Final = Path(__file__).resolve().parent.parent / "docs" / "flows"
# Where a call or a text can begin: a stranger, a customer, a customer whose call dropped, a keyword that could be two.
_BEGINNINGS: Final = (WELCOME, HOME, RESUME, "menu.which")
_HEAD: Final = "<!-- Drawn by `python -m flows.diagram`; edit the tables in flows/, not this page. -->\n"


class _Drawn:
    """What a graph hangs on; it is never fired."""


def arrows(name: str) -> list[tuple[str, str, str]]:
    """(trigger, from, to) of a conversation: those that start in it, and for all but the menu those that enter it."""
    own = FLOWS[name].STATES
    drawn = [
        (trigger, move.source, str(move.dest))
        for trigger, event in MACHINE.events.items()
        for moves in event.transitions.values()
        for move in moves
    ]
    return [arrow for arrow in drawn if arrow[1] in own or (arrow[2] in own and name != "menu")]


def mermaid(name: str) -> str:
    """The state diagram of a conversation."""
    own = list(FLOWS[name].STATES)
    drawn = arrows(name)
    near = [state for state in STATES if any(state in (source, dest) for _trigger, source, dest in drawn)]
    states = own + [state for state in near if state not in own]
    machine = GraphMachine(
        model=_Drawn(),
        states=[_id(state) for state in states],
        transitions=[[trigger, _id(source), _id(dest)] for trigger, source, dest in drawn],
        initial=_id(own[0]),
        auto_transitions=False,
        graph_engine="mermaid",
        title=f"title: {name.replace('_', ' ')}",
    )
    source = str(machine.get_combined_graph().draw(None))
    return "\n".join(_tidied(source.splitlines(), own, states))


def _tidied(lines: list[str], own: list[str], states: list[str]) -> list[str]:
    """Without styles, which say nothing here; states by their own names; where it begins and ends."""
    kept = [line.strip() for line in lines if not line.strip().startswith(("Class ", "classDef ", "[*]"))]
    for state in states:
        kept = [line.replace(f'state "{_id(state)}"', f'state "{state}"') for line in kept]
    kept += [f"[*] --> {_id(state)}" for state in own if state in _BEGINNINGS]
    kept += [f"{_id(state)} --> [*]" for state in own if ends(state)]
    body = [line for line in kept[kept.index("stateDiagram-v2") + 1 :] if line]
    return [*kept[: kept.index("stateDiagram-v2") + 1], *("  " + line for line in body)]


def _id(state: str) -> str:
    """A name as Mermaid takes it: a dot would end it."""
    return state.replace(".", "_")


def ends(state: str) -> bool:
    """Whether a conversation ends with a state: nothing leads on from it."""
    return not MACHINE.get_transitions(source=state)


def page(name: str) -> str:
    """The Markdown page of a conversation."""
    module = FLOWS[name]
    rows = [
        f"| `{state}` | {_said(show)} | {'the conversation ends' if ends(state) else _said(read)} |"
        for state, (show, read) in module.STATES.items()
    ]
    return "\n".join(
        [
            f"# {name.replace('_', ' ').capitalize()}",
            "",
            _HEAD,
            _said(module),
            "",
            "```mermaid",
            mermaid(name),
            "```",
            "",
            "| state | what it shows | how an answer is read |",
            "|---|---|---|",
            *rows,
            "",
            "Everywhere: `0` goes back, `98` shows more, `00` goes to the menu.",
            "",
        ]
    )


def _said(thing: Any) -> str:
    """The first sentence of what a thing says of itself."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def write(folder: Path = DOCS) -> list[Path]:
    """Write all pages; those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name in FLOWS:
        path, text = folder / f"{name}.md", page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in write():
        sys.stdout.write(f"drawn: {path.name}\n")
