"""Cards redeemed within the database"""

from alembic import op

from core.db.migrations.guards_token_redeem import STATEMENTS

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
