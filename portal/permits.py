"""Who may see a view: it stands on the view, and one that does not say so cannot be registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, get_args

from flask import Blueprint
from flask.typing import ResponseReturnValue

Who = Literal["public", "customer", "seller", "owner"]
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
EVERYBODY: Final[frozenset[Who]] = frozenset(get_args(Who))
_MARK: Final = "_open_to"


def open_to(who: Who) -> Callable[[View], View]:
    """Mark a view with who may see it.

    `public`: anybody; `customer`: whoever is logged in; `seller`: an owner or who helps one; `owner`: an owner.
    """
    if who not in EVERYBODY:
        raise AssertionError(f"{who} is nobody we know")

    def mark(view: View) -> View:
        setattr(view, _MARK, who)
        return view

    return mark


def who_may(view: Callable[..., Any]) -> Who:
    """Who may see a view.

    Raises:
        AssertionError: it does not say.
    """
    who: Who | None = getattr(view, _MARK, None)
    if who is None:
        raise AssertionError(f"the view {view.__name__} does not say who may see it")
    return who


class GuardedBlueprint(Blueprint):
    """A blueprint that takes no view which does not say who may see it."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,  # noqa: FBT001 - Flask's own signature
        **options: Any,
    ) -> None:
        """Register a view that says who may see it."""
        if view_func is None:
            raise AssertionError(f"{rule} has no view")
        who_may(view_func)
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
