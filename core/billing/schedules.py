"""Dunning schedules: their names for those who choose one, their steps, and which of them an invoice goes by."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from core.billing.dunning_rule import Step
from core.billing.models import DunningSchedule, DunningStep

DEFAULT_SCHEDULE: Final = "standard"
# What is due, the service it is for, and the schedule it is dunned by: that of the service's tariff, in the version of
# the day it was issued. A debit note goes by the invoice it corrects.
SCHEDULED: Final = f"""
    invoice_due d JOIN invoice i ON i.id = d.invoice_id LEFT JOIN invoice c ON c.id = i.credits_id
    CROSS JOIN LATERAL (SELECT coalesce(i.subscription_id, c.subscription_id) AS subscription_id,
                               coalesce(c.issued_on, i.issued_on) AS issued_on) f
    LEFT JOIN LATERAL (
      SELECT v.dunning FROM subscription_term t
      JOIN tariff_version v ON v.tariff_id = t.tariff_id AND v.valid_from <= f.issued_on
      WHERE t.subscription_id = f.subscription_id AND t.from_day <= f.issued_on
      ORDER BY t.from_day DESC, v.valid_from DESC LIMIT 1) s ON true
    CROSS JOIN LATERAL (SELECT coalesce(s.dunning, '{DEFAULT_SCHEDULE}') AS schedule) n
"""


def steps_of_schedules(connection: Connection) -> dict[str, list[Step]]:
    """The steps of every schedule."""
    steps: dict[str, list[Step]] = {}
    for row in connection.execute(select(DunningStep.id, DunningStep.schedule, DunningStep.days, DunningStep.act)):
        steps.setdefault(row.schedule, []).append(Step(row.id, row.days, row.act))
    return steps


def schedule_names(connection: Connection, language: str) -> dict[str, str]:
    """Every schedule: its code and its name in a language."""
    name = DunningSchedule.name_ar if language == "ar" else DunningSchedule.name_en
    rows = connection.execute(select(DunningSchedule.code, name.label("name")).order_by(DunningSchedule.code))
    return {row.code: row.name for row in rows}
