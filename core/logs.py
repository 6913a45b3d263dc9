"""Logs: one JSON object a line on stderr, with secrets taken out before anything is written."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED: Final = "[redacted]"
_SECRET_NAMES: Final = re.compile(r"(?i)pass(word|wd)?|secret|token|api_?key|authorization|pin\b|sealed|cookie")
# Secrets inside longer texts: `password=…`, `"apiKey": "…"`, a bearer, the gateway key in a callback path.
_SECRET_TEXTS: Final = (
    re.compile(r"(?i)((?:password|passwd|secret|api_?key|pin|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"),
    re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"),
    re.compile(r"(/(?:ussd|sms)/[a-z]+/|/callbacks/[a-z-]+/)[^/\s\"'?]+"),
    re.compile(r"(://[^/\s:@]*:)[^@/\s]+(?=@)"),
)


class Redactor:
    """A processor that hides secrets by the name of a field, by shape, and by being one of ours."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self._known = tuple(secret for secret in secrets if secret)

    def text(self, text: str) -> str:
        """Return the text with every secret in it replaced."""
        for pattern in _SECRET_TEXTS:
            text = pattern.sub(rf"\g<1>{REDACTED}", text)
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        return text

    def value(self, name: str, value: Any) -> Any:
        """Return one field as it may be written."""
        if _SECRET_NAMES.search(name) and isinstance(value, str | bytes):
            return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(name, inner) for inner in value]
        return value

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Redact every field of one log line."""
        return {key: self.value(key, value) for key, value in event.items()}


def configure(level: str, secrets: Sequence[str] = ()) -> None:
    """Send our log and that of the libraries to stderr as JSON lines, redacted. Called once by each process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        Redactor(secrets),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.ExtraAdder(), Redactor(secrets)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("celery", "kombu", "alembic", "transitions"):  # a line a task would bury everything else
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def log(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a room."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
