"""An address of a door with pages, and the view behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a rule, the name `url_for` knows it by, and its view."""

    method: Literal["GET", "POST"]
    rule: str
    name: str
    view: Callable[..., ResponseReturnValue]
