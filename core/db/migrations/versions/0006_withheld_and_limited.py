"""Tax kept back goes the way of adjustments: a certificate counts once an invoice; who asked for how much is found"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint('uq_allocation_certificate_once', 'allocation', type_='unique')
    op.create_index('ux_allocation_certificate_once', 'allocation', ['invoice_id', 'reference'], unique=True, postgresql_where=sa.text('reference IS NOT NULL'))
    op.drop_constraint(op.f('ck_adjustment_kind_known'), 'adjustment', type_='check')
    op.create_check_constraint(op.f('ck_adjustment_kind_known'), 'adjustment', "kind IN ('goodwill', 'charge', 'credit_note', 'debit_note', 'write_off', 'withholding', 'refund', 'deposit_return')")
    op.create_index('ix_adjustment_asked_by_asked_at', 'adjustment', ['asked_by', 'asked_at'], unique=False)
