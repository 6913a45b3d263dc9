"""A terminal that takes a pasted script: lines of `/path add key=value`, `set` and `remove [find …]`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sandbox.routeros.commands import Answer, Command, Trap

VERBS: Final = frozenset({"add", "set", "remove", "enable", "disable"})
_TOKEN: Final = re.compile(r'\[[^\]]*\]|(?:[^\s"\[\]]|"(?:\\.|[^"\\])*")+')
_ESCAPED: Final = re.compile(r"\\(.)")

Run = Callable[[Command], Answer]


def paste(text: str, run: Run) -> list[str]:
    """Run every line. Returns a sentence for each that was refused, with its number; the others are done."""
    errors = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                _line(line.strip(), run)
            except Trap as refused:
                errors.append(f"line {number}: {refused.message}")
    return errors


def _line(line: str, run: Run) -> None:
    tokens = _TOKEN.findall(line)
    at = next((at for at, token in enumerate(tokens) if token in VERBS), None)
    if at is None or not line.startswith("/"):
        raise Trap("bad command name or syntax error")
    menu = "/" + "/".join(part for token in tokens[:at] for part in token.split("/") if part)
    verb, rest = tokens[at], tokens[at + 1 :]
    target = rest.pop(0) if rest and ("=" not in rest[0] or rest[0].startswith("[")) else None
    arguments = dict(_pair(token) for token in rest)
    if target is None:
        run(Command(menu, verb, arguments, (), None))
    elif not target.startswith("["):
        run(Command(menu, verb, {".id": _plain(target), **arguments}, (), None))
    else:
        for key in _found(menu, target, run):
            run(Command(menu, verb, {".id": key, **arguments}, (), None))


def _found(menu: str, target: str, run: Run) -> list[str]:
    """The ids that `[find key=value …]` means."""
    word, *tests = _TOKEN.findall(target[1:-1])
    if word != "find":
        raise Trap("bad command name or syntax error")
    queries = tuple(f"?{name}={value}" for name, value in map(_pair, tests))
    answer = run(Command(menu, "print", {".proplist": ".id"}, queries, None))
    return [row[".id"] for row in answer.rows]


def _pair(token: str) -> tuple[str, str]:
    name, sign, value = token.partition("=")
    if not sign:
        raise Trap("expected end of command")
    return name, _plain(value)


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
