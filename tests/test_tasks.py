"""The worker's wiring: what is rung for is done by somebody."""

from __future__ import annotations

import os
import subprocess
import sys

WIRED = """
from core.bells import BELLS, TIMETABLE
from tasks.shared import worker
from worker import app
kinds = {kind for kind, task in BELLS.items() if task == "relay"}
assert kinds == set(worker().handlers), kinds ^ set(worker().handlers)
tasks = set(BELLS.values()) | {task for task, _words, _every in TIMETABLE.values()}
assert tasks <= set(app.tasks), tasks - set(app.tasks)
"""


def test_every_kind_of_the_outbox_and_every_bell_has_somebody_who_answers(environ, root):
    done = subprocess.run(
        [sys.executable, "-c", WIRED],
        env={**os.environ, **environ},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
