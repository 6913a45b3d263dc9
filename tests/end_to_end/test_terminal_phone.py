"""The same job from a terminal: `shabaka chat` as a phone."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import subprocess
import sys
import time

import pytest

from tests.end_to_end.books import paid_once_for_one_token
from tests.end_to_end.house import ROOT

ANSWER_S = 40
PROMPT = "> "


class Terminal:
    """`shabaka chat`, typed at line by line."""

    def __init__(self, house, number):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "chat", "--home", str(house.home), "--phone", number],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.shown = self._until_prompt()

    def _until_prompt(self):
        shown, deadline = "", time.monotonic() + ANSWER_S
        while not shown.endswith(PROMPT):
            assert self.selector.select(max(0.0, deadline - time.monotonic())), shown
            fresh = os.read(self.process.stdout.fileno(), 4096)
            assert fresh, shown
            shown += fresh.decode()
        return shown.removesuffix(PROMPT)

    def type(self, line):
        """Type a line; what is shown until it waits for the next."""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        self.shown = self._until_prompt()
        return self.shown

    def type_until(self, line, pattern):
        """The same line again and again, as somebody does who waits for a text; what matches."""
        seen, deadline = self.shown, time.monotonic() + ANSWER_S
        while not (found := re.search(pattern, seen)):
            assert time.monotonic() < deadline, seen
            seen += self.type(line)
        return found

    def leave(self):
        self.process.stdin.write(b":quit\n")
        self.process.stdin.close()
        assert self.process.wait(ANSWER_S) == 0


@pytest.fixture
def terminal_of(house):
    with contextlib.ExitStack() as ending:

        def open_one(number):
            terminal = Terminal(house, number)
            ending.callback(terminal.process.stdout.close)
            ending.callback(terminal.selector.close)
            ending.callback(terminal.process.wait)
            ending.callback(terminal.process.kill)
            return terminal

        yield open_one


@pytest.mark.slow
def test_an_hour_is_bought_and_paid_in_the_terminal(house, achol, terminal_of):
    terminal = terminal_of("0" + achol.number[4:])
    assert f"This is {achol.number}." in terminal.shown
    assert "1. English" in terminal.shown
    for key in ("1", "2", "1", "11"):
        terminal.type(key)
    assert "By MoMo" in terminal.type("1")
    assert "Approve SSP 300" in terminal.type("2")
    terminal.type_until(":wait", r"\[MoMo\] Pay SSP 300 to Shabaka\?")
    terminal.type(":yes")
    token = terminal.type_until(":wait", r"User: (\S+)\s+Password: (\S+)")
    terminal.type_until(":wait", r"Received SSP 300 by MoMo for 1 hour")
    terminal.leave()
    assert token.groups() == (achol.gets_credentials().user, achol.gets_credentials().password)
    achol.goes_online("juba-town", achol.gets_credentials())
    paid_once_for_one_token(house, achol)
    house.is_clean()


def test_a_house_without_a_town_is_named_in_one_sentence(house, tmp_path):
    refused = house.shabaka("chat", "--home", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr == f"No town is running in {tmp_path}. Start it with `make run` in another terminal.\n"
