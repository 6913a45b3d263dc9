"""Routers watched: since when each is silent or heard, whom to text, and that they were told it is up again"""

from alembic import op
import sqlalchemy as sa

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('router', sa.Column('silent_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('router', sa.Column('heard_since', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_router_silent_or_heard'), 'router', 'silent_since IS NULL OR heard_since IS NULL')
    op.execute('UPDATE router SET heard_since = last_seen_at WHERE failures = 0')
    op.add_column('router_outage', sa.Column('told_up_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_router_outage_up_told_after_down'), 'router_outage', 'told_up_at IS NULL OR told_at IS NOT NULL AND ended_at IS NOT NULL')
    op.create_index('ix_router_outage_untold', 'router_outage', ['id'], unique=False, postgresql_where=sa.text('told_up_at IS NULL'))
    op.add_column('staff_member', sa.Column('phone', sa.String(length=16), nullable=True))
