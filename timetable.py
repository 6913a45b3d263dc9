"""The timetable process: rings the sweeps' bells. Knows no task, so it loads nothing they need."""

from __future__ import annotations

import os
from typing import Any

from celery.signals import setup_logging

from core import logs
from core.bells import build

app = build(os.environ["REDIS_URL"])


@setup_logging.connect
def _logging(**_facts: Any) -> None:
    """Keep celery from setting up logs of its own."""
    logs.configure(os.environ.get("SHABAKA_LOG_LEVEL", "INFO"))
