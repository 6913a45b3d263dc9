"""Phones prompted from the pages of networks are counted"""

from alembic import op
import sqlalchemy as sa

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('page_prompt',
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('prompts', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('device', 'address', 'all')", name=op.f('ck_page_prompt_kind_known')),
    sa.CheckConstraint('prompts > 0', name=op.f('ck_page_prompt_prompts_positive')),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_page_prompt'))
    )
    op.create_index('ix_page_prompt_began_at', 'page_prompt', ['began_at'])
