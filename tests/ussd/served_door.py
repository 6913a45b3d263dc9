"""The USSD door as a process of its own, for gunicorn: settings from the environment, and a clock that runs."""

from __future__ import annotations

import os

from core.parts import assemble
from core.settings import load
from tests.town import doors

SETTINGS = load(os.environ)
PARTS = assemble(SETTINGS, ring=lambda _bell: None, pool_size=8)
app = doors(PARTS, SETTINGS.redis_url).__enter__()
