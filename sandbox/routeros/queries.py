"""Query words of print: tests pushed on a stack of booleans, joined by operations, and the rest by AND."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sandbox.routeros.values import BadValue, parse_seconds

Row = Mapping[str, str]
Test = Callable[[Row], bool]

_SPELLINGS: Final = {"yes": "true", "no": "false"}


class BadQuery(Exception):
    """An operation the stack cannot do."""


def compile_query(words: Sequence[str]) -> Test:
    """Make one test of all query words, in their order."""
    if (members := _members(words)) is not None:
        name, values = members  # the common "any of these names": a set, not a stack of a hundred tests per row
        return lambda row: row.get(name) in values
    steps = [_step(word[1:]) for word in words]

    def test(row: Row) -> bool:
        stack: list[bool] = []
        for step in steps:
            if isinstance(step, str):
                _operate(step, stack)
            else:
                stack.append(step(row))
        return all(stack)

    return test


def _members(words: Sequence[str]) -> tuple[str, frozenset[str]] | None:
    *tests, last = words or ("",)
    if not tests or last != "?#" + "|" * (len(tests) - 1):
        return None
    pairs = [_equality(word[1:]) for word in tests]
    names = {pair[0] for pair in pairs if pair}
    if None in pairs or len(names) != 1:
        return None
    return names.pop(), frozenset(pair[1] for pair in pairs if pair)


def _equality(word: str) -> tuple[str, str] | None:
    word = word.removeprefix("=")
    name, equals, value = word.partition("=")
    if not equals or name[:1] in {"<", ">", "-", "#", ""}:
        return None
    return name, value


def _step(word: str) -> Test | str:
    if word.startswith("#"):
        return word[1:]
    if (pair := _equality(word)) is not None:
        name, value = pair
        either = {value, _SPELLINGS.get(value, value)}
        return lambda row: row.get(name) in either
    if word[:1] in {"<", ">"}:
        name, _, value = word[1:].partition("=")
        less = word[0] == "<"
        return lambda row: name in row and _ordered(row[name], value, less=less)
    if word.startswith("-"):
        return lambda row: word[1:] not in row
    return lambda row: word in row


def _ordered(left: str, right: str, *, less: bool) -> bool:
    for read in (int, parse_seconds):
        try:
            one, other = read(left), read(right)
        except (ValueError, BadValue):
            continue
        return one < other if less else one > other
    return left < right if less else left > right


def _operate(operations: str, stack: list[bool]) -> None:
    at = 0
    try:
        while at < len(operations):
            mark = operations[at]
            if mark.isdigit():
                end = at
                while end < len(operations) and operations[end].isdigit():
                    end += 1
                value = stack[-1 - int(operations[at:end])]
                if end == len(operations):
                    stack[:] = [value]  # an index that ends the word replaces everything
                else:
                    stack.append(value)
                at = end + 1 if operations[end : end + 1] == "." else end
                continue
            _apply(mark, stack)
            at += 1
    except IndexError:
        raise BadQuery(operations) from None


def _apply(mark: str, stack: list[bool]) -> None:
    if mark == "!":
        stack[-1] = not stack[-1]
    elif mark == "&":
        last = stack.pop()
        stack[-1] = stack[-1] and last
    elif mark == "|":
        last = stack.pop()
        stack[-1] = stack[-1] or last
    elif mark == ".":
        stack.append(stack[-1])
    else:
        raise BadQuery(mark)
