"""What a view needs: its permission stands on it, and a view without one cannot be registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint
from flask.typing import ResponseReturnValue

from core.staff.roles import PERMISSIONS, Permission

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
_MARK: Final = "_permission_needed"
_TAKES: Final = "_body_bytes_max"


def needs(permission: Permission) -> Callable[[View], View]:
    """Mark a view with the permission it needs."""
    if permission not in PERMISSIONS:
        raise AssertionError(f"{permission} is no permission")

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def takes(body_bytes_max: int) -> Callable[[View], View]:
    """Mark a view that takes a larger body than pages send: a file. Above it nothing is read."""

    def mark(view: View) -> View:
        setattr(view, _TAKES, body_bytes_max)
        return view

    return mark


def body_bytes_max(view: Callable[..., Any] | None, otherwise: int) -> int:
    """How large a body a view takes."""
    return int(getattr(view, _TAKES, otherwise))


def public(view: View) -> View:
    """Mark a view that anybody may see: the log-in page and what it is drawn with."""
    setattr(view, _MARK, "public")
    return view


def permission_of(view: Callable[..., Any]) -> Permission | None:
    """The permission a view needs; None when it is public.

    Raises:
        AssertionError: the view says neither.
    """
    mark: Permission | Literal["public"] | None = getattr(view, _MARK, None)
    if mark is None:
        raise AssertionError(f"the view {view.__name__} names no permission")
    return None if mark == "public" else mark


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
        """Register a view that names its permission."""
        if view_func is None:
            raise AssertionError(f"{rule} has no view")
        permission_of(view_func)
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
