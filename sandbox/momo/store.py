"""The tables of MTN's platform."""

from __future__ import annotations

from typing import Final

FILE_NAME: Final = "momo.sqlite3"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS credential (
    api_user TEXT PRIMARY KEY, api_key TEXT, callback_host TEXT
);
CREATE TABLE IF NOT EXISTS token (
    token TEXT PRIMARY KEY, product TEXT NOT NULL, api_user TEXT NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS movement (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    party_type TEXT NOT NULL, msisdn TEXT NOT NULL,
    amount TEXT NOT NULL, currency TEXT NOT NULL, external_id TEXT NOT NULL,
    payer_message TEXT NOT NULL, payee_note TEXT NOT NULL, callback_url TEXT,
    refund_of TEXT, extra TEXT NOT NULL DEFAULT '{}',
    status TEXT NOT NULL, reason TEXT, decision TEXT,
    financial_id INTEGER UNIQUE,
    created_at REAL NOT NULL, decided_at REAL,
    expires_at REAL, due_at REAL, due_status TEXT, due_reason TEXT,
    status_reads INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS movement_pending ON movement (msisdn, number) WHERE status = 'PENDING';
CREATE TABLE IF NOT EXISTS notification (reference TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL);
"""
