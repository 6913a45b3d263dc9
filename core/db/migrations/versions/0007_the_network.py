"""The network: RADIUS, usage, kicks, outages"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from core.db.migrations.guards_0007 import CHECKS, statements

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f('ck_router_port_possible'), 'router', type_='check')
    op.create_table('usage_inbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('nas', sa.String(length=200), nullable=False),
    sa.Column('packet', sa.String(length=40), nullable=False),
    sa.Column('session', sa.String(length=200), nullable=False),
    sa.Column('username', sa.String(length=200), nullable=False),
    sa.Column('mac', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=40), nullable=False),
    sa.Column('session_s', sa.BigInteger(), nullable=False),
    sa.Column('up_bytes', sa.BigInteger(), nullable=False),
    sa.Column('down_bytes', sa.BigInteger(), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.CheckConstraint("packet IN ('start', 'interim', 'stop', 'on', 'off')", name=op.f('ck_usage_inbox_packet_known')),
    sa.CheckConstraint("source IN ('radius', 'rest', 'api')", name=op.f('ck_usage_inbox_source_known')),
    sa.CheckConstraint('session_s >= 0 AND up_bytes >= 0 AND down_bytes >= 0', name=op.f('ck_usage_inbox_nothing_below_zero')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_inbox'))
    )
    op.create_table('usage_sample',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('session_s', sa.BigInteger(), nullable=False),
    sa.Column('up_bytes', sa.BigInteger(), nullable=False),
    sa.Column('down_bytes', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', 'at', name=op.f('pk_usage_sample')),
    postgresql_partition_by='RANGE (at)'
    )
    op.create_index('ix_usage_sample_session_id', 'usage_sample', ['session_id', 'session_s'], unique=False)
    op.create_table('router_outage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('router_id', sa.BigInteger(), nullable=False),
    sa.Column('area', sa.String(length=40), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('ended_at >= began_at', name=op.f('ck_router_outage_ends_after_it_began')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_router_outage_router_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_router_outage'))
    )
    op.create_index('ix_router_outage_began_at', 'router_outage', ['began_at'], unique=False)
    op.create_index('ux_router_outage_open', 'router_outage', ['router_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('session_command',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('router_id', sa.BigInteger(), nullable=False),
    sa.Column('grant_id', sa.BigInteger(), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_after', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=200), nullable=True),
    sa.CheckConstraint("act IN ('disconnect', 'change')", name=op.f('ck_session_command_act_known')),
    sa.CheckConstraint("outcome IN ('done', 'nobody', 'refused', 'too_late')", name=op.f('ck_session_command_outcome_known')),
    sa.CheckConstraint('(outcome IS NULL) = (done_at IS NULL)', name=op.f('ck_session_command_done_is_dated')),
    sa.CheckConstraint('not_after > wanted_at', name=op.f('ck_session_command_lives_a_while')),
    sa.ForeignKeyConstraint(['grant_id'], ['access_grant.id'], name=op.f('fk_session_command_grant_id')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_session_command_router_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_command'))
    )
    op.create_index('ix_session_command_open', 'session_command', ['router_id', 'id'], unique=False, postgresql_where=sa.text('outcome IS NULL'))
    op.create_table('usage_session',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('nas', sa.String(length=200), nullable=False),
    sa.Column('session', sa.String(length=200), nullable=False),
    sa.Column('username', sa.String(length=200), nullable=False),
    sa.Column('router_id', sa.BigInteger(), nullable=True),
    sa.Column('grant_id', sa.BigInteger(), nullable=True),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('mac', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=40), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('session_s', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('up_bytes', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('down_bytes', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('up_total', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('down_total', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint('up_total >= 0 AND down_total >= 0', name=op.f('ck_usage_session_totals_not_negative')),
    sa.ForeignKeyConstraint(['grant_id'], ['access_grant.id'], name=op.f('fk_usage_session_grant_id')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_usage_session_router_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_session'))
    )
    op.create_index('ix_usage_session_said', 'usage_session', ['nas', 'session', 'username', 'started_at'], unique=False)
    op.create_index('ux_usage_session_open', 'usage_session', ['nas', 'session', 'username'], unique=True, postgresql_where=sa.text('stopped_at IS NULL'))
    op.create_index('ix_usage_session_grant_id', 'usage_session', ['grant_id', 'started_at'], unique=False)
    op.create_index('ix_usage_session_open', 'usage_session', ['grant_id'], unique=False, postgresql_where=sa.text('stopped_at IS NULL'))
    op.create_index('ix_usage_session_unattributed', 'usage_session', ['started_at'], unique=False, postgresql_where=sa.text('grant_id IS NULL'))
    op.create_table('usage_hour',
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('up_bytes', sa.BigInteger(), nullable=False),
    sa.Column('down_bytes', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('up_bytes >= 0 AND down_bytes >= 0 AND up_bytes + down_bytes > 0', name=op.f('ck_usage_hour_something_used')),
    sa.ForeignKeyConstraint(['session_id'], ['usage_session.id'], name=op.f('fk_usage_hour_session_id')),
    sa.PrimaryKeyConstraint('session_id', 'hour', name=op.f('pk_usage_hour'))
    )
    op.create_index('ix_usage_hour_hour', 'usage_hour', ['hour'], unique=False)
    op.create_table('radius_guess',
    sa.Column('nas', sa.String(length=200), nullable=False),
    sa.Column('mac', sa.String(length=40), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.CheckConstraint('failures > 0', name=op.f('ck_radius_guess_failures_positive')),
    sa.PrimaryKeyConstraint('nas', 'mac', name=op.f('pk_radius_guess'))
    )
    op.create_index('ix_radius_guess_began_at', 'radius_guess', ['began_at'], unique=False)
    op.add_column('access_grant', sa.Column('service', sa.String(length=40), server_default='hotspot', nullable=False))
    op.add_column('access_grant', sa.Column('burst_down_kbps', sa.Integer(), nullable=True))
    op.add_column('access_grant', sa.Column('burst_up_kbps', sa.Integer(), nullable=True))
    op.add_column('access_grant', sa.Column('radius_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('router', sa.Column('access_by', sa.String(length=40), server_default='api', nullable=False))
    op.add_column('router', sa.Column('area', sa.String(length=40), server_default='', nullable=False))
    op.add_column('router', sa.Column('nas_address', sa.String(length=200), nullable=True))
    op.add_column('router', sa.Column('radius_secret', sa.LargeBinary(), nullable=True))
    op.add_column('router', sa.Column('coa_port', sa.Integer(), server_default='3799', nullable=False))
    op.add_column('router', sa.Column('drift', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('router', sa.Column('drift_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('router', sa.Column('checks', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('router', sa.Column('checks_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('router', sa.Column('checks_wanted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('placement', sa.Column('forgotten_s', sa.Integer(), server_default='0', nullable=False))
    op.create_unique_constraint(op.f('uq_router_nas_address'), 'router', ['nas_address'])
    for table, checks in CHECKS:
        for name, rule in checks:
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    for statement in statements():
        op.execute(statement)
