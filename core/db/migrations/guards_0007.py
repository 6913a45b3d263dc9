"""Checks of columns that older tables gained, and what of usage the models cannot say. SQL of migration 0007."""

from __future__ import annotations

from typing import Final

from core.db.migrations.guards_0007_radius import RADIUS

CHECKS: Final = (
    (
        "access_grant",
        (
            ("service_known", "service IN ('hotspot', 'pppoe')"),
            ("burst_both_ways", "(burst_down_kbps IS NULL) = (burst_up_kbps IS NULL)"),
        ),
    ),
    ("placement", (("forgotten_not_negative", "forgotten_s >= 0"),)),
    (
        "router",
        (
            ("port_possible", "port BETWEEN 1 AND 65535 AND coa_port BETWEEN 1 AND 65535"),
            ("access_by_known", "access_by IN ('api', 'radius')"),
            ("radius_is_known", "access_by = 'api' OR (nas_address IS NOT NULL AND radius_secret IS NOT NULL)"),
            ("drift_is_dated", "(drift IS NULL) = (drift_at IS NULL)"),
            ("checks_are_dated", "(checks IS NULL) = (checks_at IS NULL)"),
        ),
    ),
)
# Samples whose month has no partition yet lie here, until the writer has made it.
SAMPLES: Final = ("CREATE TABLE usage_sample_rest PARTITION OF usage_sample DEFAULT",)
# Rows whose counts rise every few minutes: room on their page for the next version, so that no index is written.
ROOM: Final = tuple(
    f"ALTER TABLE {table} SET (fillfactor = 60)"
    for table in ("usage_session", "usage_hour", "grant_usage", "access_grant")
)


def statements() -> tuple[str, ...]:
    """All of it, in order."""
    return SAMPLES + ROOM + RADIUS
