"""Objects of one menu as they should be against what a router holds: the same rule for every menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Desired = TypeVar("Desired")
Held = TypeVar("Held")


@dataclass(slots=True)
class Compared(Generic[Desired, Held]):
    """What is missing, what differs in which fields, what is too many, and what a person must settle."""

    missing: list[Desired] = field(default_factory=list)
    changed: list[tuple[Desired, Held, tuple[str, ...]]] = field(default_factory=list)
    extra: list[Held] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)


def compare(
    desired: Mapping[str, Desired],
    held: Sequence[Held],
    *,
    key: Callable[[Held], str],
    ours: Callable[[Held], bool],
    differences: Callable[[Desired, Held], tuple[str, ...]],
    needed: Callable[[Held], bool] = lambda _held: False,
) -> Compared[Desired, Held]:
    """Compare one menu. What is not `ours` is left: where it has a name we want, the two clash.

    `needed`: somebody else uses what we no longer want; removing it would cut them off, so that is a clash too.
    """
    found: Compared[Desired, Held] = Compared()
    mine: dict[str, Held] = {}
    theirs: set[str] = set()
    for one in held:
        name = key(one)
        if not ours(one):
            theirs.add(name)
        elif name in desired and name not in mine:
            mine[name] = one
        elif needed(one):
            found.clashes.append(name)
        else:  # not wanted, or a second of the same name
            found.extra.append(one)
    for name, wanted in desired.items():
        if (present := mine.get(name)) is not None:
            if differing := differences(wanted, present):
                found.changed.append((wanted, present, differing))
        elif name in theirs:
            found.clashes.append(name)
        else:
            found.missing.append(wanted)
    return found
