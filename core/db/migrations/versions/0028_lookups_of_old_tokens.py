"""Tokens from before codes were looked up are given what they are found by"""

from alembic import op
import sqlalchemy as sa

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_token_lookup_missing', 'token', ['id'], postgresql_where=sa.text("lookup IS NULL AND origin <> 'card'"))
    op.execute("""
        CREATE OR REPLACE FUNCTION token_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - '{told_waiting_at,told_online_at,lookup}'::text[])
                                 <> (to_jsonb(OLD) - '{told_waiting_at,told_online_at,lookup}'::text[])
             OR (OLD.lookup IS NOT NULL AND NEW.lookup IS DISTINCT FROM OLD.lookup) THEN
            RAISE EXCEPTION 'a token sold stays as it was sold' USING ERRCODE = 'restrict_violation';
          END IF;
          RETURN NEW;
        END $$
    """)
