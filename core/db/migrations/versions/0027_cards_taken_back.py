"""Cards taken back: by whom, why, and what went back"""

from alembic import op
import sqlalchemy as sa

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('token_card_void',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('first_serial', sa.Integer(), nullable=False),
    sa.Column('last_serial', sa.Integer(), nullable=False),
    sa.Column('cards', sa.Integer(), nullable=False),
    sa.Column('sold', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('seller_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('means', sa.String(length=40), nullable=False),
    sa.Column('refund_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('first_serial BETWEEN 1 AND last_serial', name=op.f('ck_token_card_void_range_in_order')),
    sa.CheckConstraint('cards BETWEEN 1 AND last_serial - first_serial + 1', name=op.f('ck_token_card_void_cards_of_the_range')),
    sa.CheckConstraint('sold BETWEEN 0 AND cards', name=op.f('ck_token_card_void_sold_of_the_cards')),
    sa.CheckConstraint('num_nonnulls(staff_id, seller_id) = 1', name=op.f('ck_token_card_void_by_one')),
    sa.CheckConstraint("means IN ('wallet', 'owner_cash', 'nothing')", name=op.f('ck_token_card_void_means_known')),
    sa.CheckConstraint("refund_minor >= 0 AND (means = 'nothing') = (refund_minor = 0)", name=op.f('ck_token_card_void_means_of_a_refund')),
    sa.CheckConstraint("why <> ''", name=op.f('ck_token_card_void_has_a_reason')),
    sa.ForeignKeyConstraint(['batch_id'], ['token_batch.id'], name=op.f('fk_token_card_void_batch_id')),
    sa.ForeignKeyConstraint(['seller_id'], ['customer.id'], name=op.f('fk_token_card_void_seller_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_token_card_void_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_token_card_void')),
    sa.UniqueConstraint('request_key', name=op.f('uq_token_card_void_request_key'))
    )
    op.create_index('ix_token_card_void_batch_id', 'token_card_void', ['batch_id', 'voided_at'])
    op.execute("""
        CREATE TRIGGER token_card_void_never_changed BEFORE UPDATE OR DELETE ON token_card_void
          FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """)
