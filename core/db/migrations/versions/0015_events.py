"""Events for partners, and who is told of them"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from core.db.migrations.guards_0015 import statements

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence('partner_event_place')))
    op.create_table('webhook',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('url', sa.String(length=200), nullable=False),
    sa.Column('secret_sealed', sa.Text(), nullable=False),
    sa.Column('kinds', sa.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=200), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('cardinality(kinds) > 0', name=op.f('ck_webhook_has_a_kind')),
    sa.CheckConstraint('(failures > 0) = (failing_since IS NOT NULL)', name=op.f('ck_webhook_failing_is_dated')),
    sa.CheckConstraint("url ~ '^https?://'", name=op.f('ck_webhook_url_is_http')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_webhook_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook')),
    sa.UniqueConstraint('name', name=op.f('uq_webhook_name'))
    )
    op.create_table('partner_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('uid', postgresql.UUID(as_uuid=True), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_event')),
    sa.UniqueConstraint('place', name=op.f('uq_partner_event_place')),
    sa.UniqueConstraint('uid', name=op.f('uq_partner_event_uid'))
    )
    op.create_index('ix_partner_event_at', 'partner_event', ['at'], unique=False)
    op.create_index('ix_partner_event_unplaced', 'partner_event', ['id'], unique=False, postgresql_where=sa.text('place IS NULL'))
    for statement in statements():
        op.execute(statement)
