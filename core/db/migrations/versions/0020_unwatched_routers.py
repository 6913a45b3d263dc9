"""Routers that are not watched: taken out of use, or not ours to mend"""

from alembic import op
import sqlalchemy as sa

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('router', sa.Column('watched', sa.Boolean(), server_default=sa.text('true'), nullable=False))
