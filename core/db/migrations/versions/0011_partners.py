"""Keys of the API, and requests that are sent twice"""

from alembic import op
import sqlalchemy as sa

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_key',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('prefix', sa.String(length=40), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('router_id', sa.BigInteger(), nullable=True),
    sa.Column('requests_a_minute', sa.Integer(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.BigInteger(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('octet_length(digest) = 32', name=op.f('ck_api_key_digest_is_whole')),
    sa.CheckConstraint('cardinality(scopes) > 0', name=op.f('ck_api_key_has_a_scope')),
    sa.CheckConstraint('requests_a_minute > 0', name=op.f('ck_api_key_pace_positive')),
    sa.CheckConstraint('withdrawn_by IS NULL OR withdrawn_at IS NOT NULL', name=op.f('ck_api_key_withdrawn_is_dated')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_api_key_made_by')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_api_key_router_id')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['staff_member.id'], name=op.f('fk_api_key_withdrawn_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('prefix', name=op.f('uq_api_key_prefix'))
    )
    op.create_index('ux_api_key_name', 'api_key', ['name'], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_table('api_request',
    sa.Column('key_id', sa.BigInteger(), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('octet_length(digest) = 32', name=op.f('ck_api_request_digest_is_whole')),
    sa.CheckConstraint('status BETWEEN 200 AND 299', name=op.f('ck_api_request_only_what_was_done')),
    sa.ForeignKeyConstraint(['key_id'], ['api_key.id'], name=op.f('fk_api_request_key_id')),
    sa.PrimaryKeyConstraint('key_id', 'request_key', name=op.f('pk_api_request'))
    )
    op.create_index('ix_api_request_at', 'api_request', ['at'], unique=False)
