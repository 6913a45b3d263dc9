"""DOOR. Staff on the web: plain fast pages, four roles.

No rule of the business stands here: a page reads, asks the core to act, and says in the reader's language what came
of it. Every view names the permission it needs.
"""

from __future__ import annotations

from admin.door import create_blueprint
from admin.visitors import init_app

__all__ = ["create_blueprint", "init_app"]
