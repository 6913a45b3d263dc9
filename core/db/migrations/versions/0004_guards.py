"""Guards: how a payment moves and what it must have, grants and tokens as they were sold, plans in pounds"""

from alembic import op

from core.db.migrations.guards_0004 import statements

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_receipt_provider_reference'), 'receipt', ['provider_reference'], unique=False)
    for statement in statements():
        op.execute(statement)
