"""Fair use in steps, and what was told about it"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tariff_version', sa.Column('fair_use', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
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
    for name in ('fair_use_positive', 'fair_use_slows', 'speed_positive'):
        op.drop_constraint(op.f(f'ck_tariff_version_{name}'), 'tariff_version', type_='check')
    op.drop_column('tariff_version', 'fair_use_bytes')
    op.drop_column('tariff_version', 'slow_kbps')
    op.create_check_constraint(op.f('ck_tariff_version_speed_positive'), 'tariff_version', 'down_kbps > 0 AND up_kbps > 0')
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
