"""Charges and discounts on the next bill: asked for as adjustments, used as far as they fit, or taken back"""

from alembic import op
import sqlalchemy as sa

from core.db.migrations.guards_next_bill import STATEMENTS

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f('ck_adjustment_kind_known'), 'adjustment', type_='check')
    op.create_check_constraint(op.f('ck_adjustment_kind_known'), 'adjustment', "kind IN ('goodwill', 'charge', 'credit_note', 'debit_note', 'write_off', 'withholding', 'refund', 'deposit_return', 'next_charge', 'next_discount')")
    op.add_column('adjustment', sa.Column('subscription_id', sa.BigInteger(), nullable=True))
    op.add_column('adjustment', sa.Column('product_class', sa.String(length=40), nullable=True))
    op.create_foreign_key(op.f('fk_adjustment_subscription_id'), 'adjustment', 'subscription', ['subscription_id'], ['id'])
    op.create_check_constraint(op.f('ck_adjustment_next_bill_of_a_class'), 'adjustment', "(kind IN ('next_charge', 'next_discount')) = (product_class IS NOT NULL)")
    op.add_column('charge', sa.Column('adjustment_id', sa.BigInteger(), nullable=True))
    op.add_column('charge', sa.Column('rest_of_id', sa.BigInteger(), nullable=True))
    op.add_column('charge', sa.Column('used_on', sa.Date(), nullable=True))
    op.add_column('charge', sa.Column('billed_minor', sa.BigInteger(), nullable=True))
    op.add_column('charge', sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('charge', sa.Column('taken_back_by', sa.BigInteger(), nullable=True))
    op.add_column('charge', sa.Column('taken_back_why', sa.String(length=200), nullable=True))
    op.execute('UPDATE charge c SET used_on = i.issued_on, billed_minor = c.amount_minor FROM invoice i WHERE i.id = c.invoice_id')
    op.create_foreign_key(op.f('fk_charge_adjustment_id'), 'charge', 'adjustment', ['adjustment_id'], ['id'])
    op.create_foreign_key(op.f('fk_charge_rest_of_id'), 'charge', 'charge', ['rest_of_id'], ['id'])
    op.create_foreign_key(op.f('fk_charge_taken_back_by'), 'charge', 'staff_member', ['taken_back_by'], ['id'])
    op.create_unique_constraint(op.f('uq_charge_rest_of_id'), 'charge', ['rest_of_id'])
    op.create_check_constraint(op.f('ck_charge_used_for_so_much'), 'charge', '(used_on IS NULL) = (billed_minor IS NULL)')
    op.create_check_constraint(op.f('ck_charge_billed_on_a_day'), 'charge', 'invoice_id IS NULL OR used_on IS NOT NULL')
    op.create_check_constraint(op.f('ck_charge_billed_within_its_amount'), 'charge', 'billed_minor <> 0 AND abs(billed_minor) <= abs(amount_minor) AND (billed_minor < 0) = (amount_minor < 0)')
    op.create_check_constraint(op.f('ck_charge_used_or_taken_back'), 'charge', 'used_on IS NULL OR taken_back_at IS NULL')
    op.create_check_constraint(op.f('ck_charge_taken_back_by_somebody'), 'charge', '(taken_back_at IS NULL) = (taken_back_by IS NULL) AND (taken_back_at IS NULL) = (taken_back_why IS NULL)')
    op.create_check_constraint(op.f('ck_charge_taken_back_for_a_reason'), 'charge', "taken_back_why <> ''")
    op.create_index(op.f('ix_charge_adjustment_id'), 'charge', ['adjustment_id'], unique=False)
    op.drop_index('ix_charge_waiting', table_name='charge')
    op.create_index('ix_charge_waiting', 'charge', ['customer_id'], unique=False, postgresql_where=sa.text('used_on IS NULL AND taken_back_at IS NULL'))
    for statement in STATEMENTS:
        op.execute(statement)
