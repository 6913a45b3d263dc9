"""Fair use in steps, data bought at the cap, and what was told about it"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tariff_version', sa.Column('fair_use', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('tariff_version', sa.Column('top_up_minor', sa.BigInteger(), nullable=True))
    # Versions never change, by a trigger; here the same rule is only written in another way.
    op.execute('ALTER TABLE tariff_version DISABLE TRIGGER USER')
    op.execute("""
        UPDATE tariff_version
        SET fair_use = jsonb_build_object(
          'steps', jsonb_build_array(jsonb_build_array('billing', fair_use_bytes, slow_kbps, least(slow_kbps, up_kbps))),
          'free', jsonb_build_array(NULL, NULL))
        WHERE fair_use_bytes IS NOT NULL
    """)
    op.execute('ALTER TABLE tariff_version ENABLE TRIGGER USER')
    for name in ('fair_use_positive', 'fair_use_slows', 'overage_of_an_allowance', 'speed_positive', 'no_negatives'):
        op.drop_constraint(op.f(f'ck_tariff_version_{name}'), 'tariff_version', type_='check')
    op.drop_column('tariff_version', 'fair_use_bytes')
    op.drop_column('tariff_version', 'slow_kbps')
    for name, rule in CHECKS:
        op.create_check_constraint(op.f(f'ck_tariff_version_{name}'), 'tariff_version', rule)
    op.add_column('subscription', sa.Column('held_down_kbps', sa.Integer(), nullable=True))
    op.add_column('subscription', sa.Column('held_up_kbps', sa.Integer(), nullable=True))
    op.create_check_constraint(op.f('ck_subscription_held_both_ways'), 'subscription', '(held_down_kbps IS NULL) = (held_up_kbps IS NULL)')
    op.create_table('usage_alert',
    sa.Column('grant_id', sa.BigInteger(), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['grant_id'], ['access_grant.id'], name=op.f('fk_usage_alert_grant_id')),
    sa.PrimaryKeyConstraint('grant_id', 'period_from', 'kind', name=op.f('pk_usage_alert'))
    )
    op.create_table('data_top_up',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('until_day', sa.Date(), nullable=False),
    sa.Column('data_bytes', sa.BigInteger(), nullable=False),
    sa.Column('bought_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('data_bytes > 0', name=op.f('ck_data_top_up_data_positive')),
    sa.CheckConstraint('until_day > from_day', name=op.f('ck_data_top_up_lasts')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_data_top_up_subscription_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_top_up')),
    sa.UniqueConstraint('request_key', name=op.f('uq_data_top_up_request_key'))
    )
    op.create_index('ix_data_top_up_subscription_id', 'data_top_up', ['subscription_id', 'until_day'], unique=False)



CHECKS = (
    ('overage_of_an_allowance', 'data_bytes IS NOT NULL OR overage_minor IS NULL AND top_up_minor IS NULL'),
    ('overage_or_top_up', 'overage_minor IS NULL OR top_up_minor IS NULL'),
    ('speed_positive', 'down_kbps > 0 AND up_kbps > 0'),
    (
        'no_negatives',
        'set_up_minor >= 0 AND deposit_minor >= 0 AND rental_minor >= 0 AND overage_minor > 0 AND top_up_minor > 0',
    ),
)
