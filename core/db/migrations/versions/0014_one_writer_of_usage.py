"""One writer of usage: what looks at routers find is folded like what RADIUS tells"""

from alembic import op
import sqlalchemy as sa

from core.db.migrations.guards_0014_usage import COUNTED_SO_FAR, SESSIONS_OF_RADIUS

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('usage_inbox', sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f('ck_usage_inbox_packet_known'), 'usage_inbox', type_='check')
    op.create_check_constraint(op.f('ck_usage_inbox_packet_known'), 'usage_inbox', "packet IN ('start', 'interim', 'stop', 'on', 'off', 'credit', 'call')")
    op.create_check_constraint(op.f('ck_usage_inbox_looks_are_dated'), 'usage_inbox', "(source = 'api') = (looked_at IS NOT NULL)")
    op.add_column('usage_session', sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('usage_credit',
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('up_bytes', sa.BigInteger(), nullable=False),
    sa.Column('down_bytes', sa.BigInteger(), nullable=False),
    sa.Column('unseen_up', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('unseen_down', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint('unseen_up >= 0 AND unseen_down >= 0', name=op.f('ck_usage_credit_unseen_not_negative')),
    sa.ForeignKeyConstraint(['session_id'], ['usage_session.id'], name=op.f('fk_usage_credit_session_id')),
    sa.PrimaryKeyConstraint('session_id', 'looked_at', name=op.f('pk_usage_credit'))
    )
    op.add_column('router', sa.Column('booted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('router', sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_router_looked_at_while_up'), 'router', 'looked_at >= booted_at')
    op.add_column('placement', sa.Column('forgotten_bytes', sa.BigInteger(), server_default='0', nullable=False))
    op.drop_constraint(op.f('ck_placement_forgotten_not_negative'), 'placement', type_='check')
    op.create_check_constraint(op.f('ck_placement_forgotten_not_negative'), 'placement', 'forgotten_s >= 0 AND forgotten_bytes >= 0')
    for statement in (*SESSIONS_OF_RADIUS, *COUNTED_SO_FAR):
        op.execute(statement)
