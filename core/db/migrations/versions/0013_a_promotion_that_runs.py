"""Whether the month of a service that was billed last is reduced by its promotion"""

from alembic import op
import sqlalchemy as sa

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('subscription', sa.Column('promotion_runs', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    # Of what was billed before: the last day is reduced by a line, or no line bills it at all, as when it was free.
    op.execute("""
        UPDATE subscription s SET promotion_runs = true
        FROM promotion p
        WHERE p.id = s.promotion_id AND s.promotion_left < p.periods AND s.billed_until > s.started_on AND (
          s.promotion_left > 0
          OR EXISTS (SELECT 1 FROM invoice_line l WHERE l.subscription_id = s.id AND l.kind = 'discount'
                     AND l.from_day < s.billed_until AND l.next_day >= s.billed_until)
          OR NOT EXISTS (SELECT 1 FROM invoice_line l WHERE l.subscription_id = s.id AND l.kind IN ('recurring', 'change')
                         AND l.from_day < s.billed_until AND l.next_day >= s.billed_until))
    """)
