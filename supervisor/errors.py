"""The one error of this folder: Shabaka cannot run here, and a sentence says why."""

from __future__ import annotations


class CannotRunError(Exception):
    """The message is one sentence for whoever typed the command; no traceback helps them."""
