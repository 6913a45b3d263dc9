"""The worker process: celery finds its tasks here. They stand in `tasks/`."""

from __future__ import annotations

from tasks import billing, money, network, partners
from tasks.shared import app

__all__ = ["app", "billing", "money", "network", "partners"]
