"""Customers log in on the web"""

from alembic import op
import sqlalchemy as sa

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('customer_secret',
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_customer_secret_customer_id')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_customer_secret'))
    )
    op.create_table('visit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('by_code', sa.Boolean(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('octet_length(token_hash) = 32', name=op.f('ck_visit_hash_whole')),
    sa.CheckConstraint('seen_at >= began_at', name=op.f('ck_visit_in_order')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_visit_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('token_hash', name='uq_visit_token_hash')
    )
    op.create_index(op.f('ix_visit_customer_id'), 'visit', ['customer_id'], unique=False)
    op.create_table('log_in_code',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('address', sa.String(length=40), nullable=False),
    sa.Column('code_mac', sa.LargeBinary(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), server_default='0', nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('octet_length(code_mac) = 32', name=op.f('ck_log_in_code_mac_whole')),
    sa.CheckConstraint('tries BETWEEN 0 AND 5', name=op.f('ck_log_in_code_tries_bounded')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_in_code'))
    )
    op.create_index('ix_log_in_code_address_sent_at', 'log_in_code', ['address', 'sent_at'], unique=False)
    op.create_index('ix_log_in_code_phone_sent_at', 'log_in_code', ['phone', 'sent_at'], unique=False)
    op.create_index('ix_log_in_code_sent_at', 'log_in_code', ['sent_at'], unique=False)
    op.create_table('secret_failure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('phone_mark', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_secret_failure'))
    )
    op.create_index('ix_secret_failure_address_at', 'secret_failure', ['address', 'at'], unique=False)
    op.create_index('ix_secret_failure_phone_mark_at', 'secret_failure', ['phone_mark', 'at'], unique=False)
