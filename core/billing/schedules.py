"""Dunning schedules by name, for those who choose one for a tariff."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.billing.models import DunningSchedule


def schedule_names(connection: Connection, language: str) -> dict[str, str]:
    """Every schedule: its code and its name in a language."""
    name = DunningSchedule.name_ar if language == "ar" else DunningSchedule.name_en
    rows = connection.execute(select(DunningSchedule.code, name.label("name")).order_by(DunningSchedule.code))
    return {row.code: row.name for row in rows}
