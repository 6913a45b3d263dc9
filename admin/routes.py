"""An address of the staff web and the view behind it."""

from web.routes import Route

__all__ = ["Route"]
