"""One API connection's conversation: log in first, then commands, each answered with its tag and a !done."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.routeros.commands import Answer, Command, Trap
from sandbox.routeros.words import encode_sentence

PLAIN_LOGIN_SINCE: Final = (6, 43)
CHALLENGE_LOGIN_GONE_SINCE: Final = (6, 45, 1)
EMPTY_REPLY_SINCE: Final = (7, 18)
WRONG_LOGIN: Final = "invalid user name or password (6)"
WRONG_LOGIN_OF_OLD: Final = "cannot log in"
WRITING: Final = frozenset({"add", "set", "remove", "enable", "disable", "unset", "reset-counters", "login"})


class Machine(Protocol):
    """What a conversation needs of its router."""

    version: tuple[int, ...]

    def run(self, command: Command) -> Answer:
        """Run a command or raise Trap."""

    def password_of(self, user: str) -> str | None:
        """Give a user's password; None when nobody of that name may use the API."""

    def may_write(self, user: str) -> bool:
        """Say whether a user holds the write policy."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to send, and whether to close after them."""

    data: bytes
    close: bool = False


class Conversation:
    """State of one connection."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._challenge: bytes | None = None
        self.logged_in = False
        self._user = ""

    def hear(self, command: Command) -> Reply:
        """Answer one command."""
        if command.path == "/login":
            return self._log_in(command)
        if not self.logged_in:
            return fatal("not logged in")
        if command.path == "/quit":
            return fatal("session terminated on request")
        if command.path == "/cancel":
            return Reply(_done(command))
        return self._answer(command, lambda: self._run(command))

    def _run(self, command: Command) -> Answer:
        if command.verb in WRITING and not self._machine.may_write(self._user):
            raise Trap("not enough permissions (9)")
        return self._machine.run(command)

    def _answer(self, command: Command, run: Callable[[], Answer]) -> Reply:
        try:
            answer = run()
        except Trap as trap:
            return Reply(_trap(command, trap.message, trap.category) + _done(command))
        parts = [_sentence(command, b"!re", row) for row in answer.rows]
        if answer.is_print and not answer.rows and self._machine.version >= EMPTY_REPLY_SINCE:
            parts.append(_sentence(command, b"!empty", {}))
        parts.append(_done(command, answer.ret))
        return Reply(b"".join(parts))

    def _log_in(self, command: Command) -> Reply:
        version, arguments = self._machine.version, command.arguments
        known = self._machine.password_of(arguments.get("name", ""))
        password = _bytes(known or "")
        if "response" in arguments and self._challenge is not None:
            digest = hashlib.md5(b"\x00" + password + self._challenge).hexdigest()  # noqa: S324
            right = hmac.compare_digest(_bytes(arguments["response"]), _bytes("00" + digest))
            return self._admit(command, right=right and known is not None)
        plain = "name" in arguments and version >= PLAIN_LOGIN_SINCE
        if plain:
            right = hmac.compare_digest(_bytes(arguments.get("password", "")), password)
            return self._admit(command, right=right and known is not None)
        if version >= CHALLENGE_LOGIN_GONE_SINCE:
            return self._admit(command, right=False)
        self._challenge = secrets.token_bytes(16)
        return Reply(_done(command, self._challenge.hex()))

    def _admit(self, command: Command, *, right: bool) -> Reply:
        self._challenge = None
        if right:
            self.logged_in = True
            self._user = command.arguments["name"]
            return Reply(_done(command))
        old = self._machine.version < PLAIN_LOGIN_SINCE
        return Reply(_trap(command, WRONG_LOGIN_OF_OLD if old else WRONG_LOGIN, None) + _done(command))


def fatal(reason: str) -> Reply:
    """Say the last word: a plain reason, no tag, and close."""
    return Reply(encode_sentence([b"!fatal", reason.encode()]), close=True)


def mute_trap(command: Command) -> Reply:
    """Refuse without a message, as some commands do."""
    return Reply(_sentence(command, b"!trap", {"category": "4"}) + _done(command))


def some_rows(data: bytes) -> bytes:
    """The first half of an answer, cut between two rows."""
    return data[: data.rfind(b"\x00\x03!re", 0, len(data) // 2) + 1]


def without_done(data: bytes) -> bytes:
    """An answer without its last sentence."""
    return data[: data.rfind(b"\x05!done")]


def _done(command: Command, ret: str | None = None) -> bytes:
    return _sentence(command, b"!done", {} if ret is None else {"ret": ret})


def _trap(command: Command, message: str, category: int | None) -> bytes:
    body = {"message": message} if category is None else {"category": str(category), "message": message}
    return _sentence(command, b"!trap", body)


def _sentence(command: Command, kind: bytes, body: dict[str, str]) -> bytes:
    words = [kind]
    if command.tag is not None:
        words.append(b".tag=" + command.tag)
    words.extend(_bytes(f"={name}={value}") for name, value in body.items())
    return encode_sentence(words)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
