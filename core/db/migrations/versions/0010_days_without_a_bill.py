"""Days had for nothing, and services that are on unpaid"""

from alembic import op
import sqlalchemy as sa

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('subscription', sa.Column('on_unpaid', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('free_days',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('next_day', sa.Date(), nullable=False),
    sa.Column('left_until', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('from_day < next_day AND left_until BETWEEN from_day AND next_day', name=op.f('ck_free_days_days_in_order')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_free_days_subscription_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_free_days'))
    )
    op.create_index(op.f('ix_free_days_subscription_id'), 'free_days', ['subscription_id'])
