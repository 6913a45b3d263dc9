"""The tables of Orange Money. A payment is known by the token that was handed out for it."""

from __future__ import annotations

from typing import Final

FILE_NAME: Final = "orange.sqlite3"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS bearer (
    token TEXT PRIMARY KEY, mode TEXT NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS payment (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL,
    notify_token TEXT,
    order_id TEXT NOT NULL DEFAULT '', msisdn TEXT NOT NULL DEFAULT '',
    amount TEXT NOT NULL DEFAULT '0', currency TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
    callback_url TEXT, return_url TEXT, cancel_url TEXT,
    status TEXT NOT NULL, message TEXT, decision TEXT,
    txn_number INTEGER UNIQUE, txn_id TEXT,
    created_at REAL NOT NULL, decided_at REAL, expires_at REAL,
    status_reads INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS payment_order ON payment (order_id) WHERE mode = 'webpay';
CREATE INDEX IF NOT EXISTS payment_pending ON payment (msisdn, number) WHERE status = 'PENDING';
CREATE TABLE IF NOT EXISTS otp (msisdn TEXT PRIMARY KEY, code TEXT NOT NULL, expires_at REAL NOT NULL);
"""
