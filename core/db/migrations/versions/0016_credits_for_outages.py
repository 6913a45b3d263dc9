"""Credits for long outages, by a policy that staff set"""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outage_policy',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('hours_min', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('hours_min BETWEEN 1 AND 720', name=op.f('ck_outage_policy_hours_possible')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_outage_policy_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outage_policy'))
    )
    op.create_table('outage_decision',
    sa.Column('outage_id', sa.BigInteger(), nullable=False),
    sa.Column('policy_id', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['outage_id'], ['router_outage.id'], name=op.f('fk_outage_decision_outage_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['outage_policy.id'], name=op.f('fk_outage_decision_policy_id')),
    sa.PrimaryKeyConstraint('outage_id', name=op.f('pk_outage_decision'))
    )
    op.create_table('outage_credit',
    sa.Column('outage_id', sa.BigInteger(), nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('policy_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('credited_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor > 0 AND seconds > 0', name=op.f('ck_outage_credit_for_something')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_outage_credit_entry_id')),
    sa.ForeignKeyConstraint(['outage_id'], ['router_outage.id'], name=op.f('fk_outage_credit_outage_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['outage_policy.id'], name=op.f('fk_outage_credit_policy_id')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_outage_credit_subscription_id')),
    sa.PrimaryKeyConstraint('outage_id', 'subscription_id', name=op.f('pk_outage_credit')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_outage_credit_entry_id'))
    )
    op.create_index('ix_outage_credit_subscription_id', 'outage_credit', ['subscription_id'])
