"""Which HTTP status a refusal has."""

from __future__ import annotations

from typing import Final

from core import errors

STATUS: Final[dict[type[errors.Refusal], int]] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.TooManyTries: 429,
    errors.WrongPassword: 401,
    errors.WrongSecret: 401,
    errors.SecretLocked: 429,
    errors.KeyReused: 409,
}
STATUS_OTHERWISE: Final = 422


def status_of(refusal: errors.Refusal) -> int:
    """The HTTP status of a refusal."""
    return STATUS.get(type(refusal), STATUS_OTHERWISE)
