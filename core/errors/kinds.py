"""The two kinds of error: a refusal of ours, and a machine outside that did not do as asked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


class Refusal(Exception):
    """The system says no, and changes nothing. Facts are the fields; `flows.refusals` turns each into a sentence."""

    def facts(self) -> dict[str, Any]:
        """Return the facts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class GatewayError(Exception):
    """A machine outside did not do as asked.

    Attributes:
        permanent: trying the same again cannot help.
        outcome_unknown: it may have been done all the same; ask before doing it again.
    """

    def __init__(self, message: str, *, permanent: bool = False, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.outcome_unknown = outcome_unknown


@dataclass_transform()
def refusal(cls: type[T]) -> type[T]:
    """Make a refusal a dataclass. Not frozen: Python itself writes __traceback__ on one that leaves a `with`."""
    return dataclass(unsafe_hash=True)(cls)
