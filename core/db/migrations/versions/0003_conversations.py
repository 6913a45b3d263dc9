"""Conversations: what a USSD session did, where a conversation by SMS stands, the networks of the country"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# Code, name, and the script its phones show where the customer has not said: `shabaka network CODE --script` changes it.
NETWORKS = (
    ('mtn', 'MTN South Sudan', 'arabic'),
    ('zain', 'Zain', 'arabic'),
    ('digitel', 'Digitel', 'latin'),
    ('gemtel', 'Gemtel', 'latin'),
    ('sudani', 'Sudani', 'arabic'),
)


def upgrade() -> None:
    op.create_table('sms_conversation',
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('session', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('phone', name=op.f('pk_sms_conversation'))
    )
    # Defaults that need no rewrite of the table: sessions are many, and the doors stay open meanwhile.
    op.add_column('ussd_session', sa.Column('starred', postgresql.JSONB(astext_type=sa.Text()),
                                            server_default=sa.text("'{}'"), nullable=False))
    op.add_column('ussd_session', sa.Column('answered', postgresql.JSONB(astext_type=sa.Text()),
                                            server_default=sa.text("'{}'"), nullable=False))
    op.add_column('ussd_session', sa.Column('acted_chars', sa.Integer(), server_default=sa.text('0'), nullable=False))
    networks = sa.table('phone_network', sa.column('code'), sa.column('name'), sa.column('script'))
    for code, name, script in NETWORKS:
        # An installation that was given them by hand keeps its own.
        op.execute(
            postgresql.insert(networks).values(code=code, name=name, script=script).on_conflict_do_nothing()
        )
