"""Cards redeemed together"""

from alembic import op

from core.db.migrations.guards_redeem_together import STATEMENTS

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
