"""What an owner's figures are read by; whether they are texted and paid each day"""

from alembic import op
import sqlalchemy as sa

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('wifi_owner', sa.Column('daily_summary', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column('wifi_owner', sa.Column('daily_payout', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.create_index('ix_token_hotspot_id', 'token', ['hotspot_id', 'sold_at'], unique=False, postgresql_where=sa.text("origin <> 'card'"))
    op.create_index('ix_token_revocation_revoked_at', 'token_revocation', ['revoked_at'], unique=False)
    op.create_index('ix_token_card_sale_sold_at', 'token_card_sale', ['batch_id', 'sold_at'], unique=False)
