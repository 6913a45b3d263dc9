"""`shabaka api key` at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.partners.know_key import know_key


@pytest.fixture
def shabaka(environ, town, root):
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "cli", "api", "key", *words],
            env={**os.environ, **environ}, cwd=root, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_a_key_is_printed_once_listed_by_its_beginning_and_withdrawn(shabaka, parts):
    made = shabaka(
        "make", "Munuki", "--scope", "radius", "--scope", "usage:write", "--router", "munuki", "--pace", "90"
    )
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    with parts.db.reading() as connection:
        known = know_key(connection, key)
    assert (known.router, known.scopes, known.requests_a_minute) == ("munuki", {"radius", "usage:write"}, 90)
    listed = shabaka("list").stdout
    assert listed == f"{known.prefix}  Munuki  usage:write,radius  router munuki  used never\n"
    assert shabaka("withdraw", known.prefix).stdout == "Munuki: withdrawn.\n"
    with parts.db.reading() as connection:
        assert know_key(connection, key) is None
    assert shabaka("list").stdout.endswith("withdrawn\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["make", "X"], "A key needs one --scope or more of: customers:read, services:read"),
        (["make", "X", "--scope", "all"], "A key needs one --scope or more of: customers:read, services:read"),
        (["make"], "Name the key to make"),
        (["withdraw"], "Name the key to withdraw"),
        (["withdraw", "nothing"], "We could not find that."),
        (["make", "X", "--scope", "radius", "--router", "nowhere"], "We could not find that."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shabaka, words, sentence):
    told = shabaka(*words)
    assert told.returncode == 1
    assert told.stderr.startswith(sentence)
    assert told.stderr.count("\n") == 1
    assert told.stdout == ""
