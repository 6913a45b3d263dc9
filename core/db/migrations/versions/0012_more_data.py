"""More data in packs, bought beside a service's own"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tariff_version', sa.Column('packs', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    # Versions never change, by a trigger; here "none" is only written as what it is.
    op.execute('ALTER TABLE tariff_version DISABLE TRIGGER USER')
    op.execute("UPDATE tariff_version SET fair_use = NULL WHERE fair_use = 'null'")
    op.execute('ALTER TABLE tariff_version ENABLE TRIGGER USER')
    op.create_check_constraint(
        op.f('ck_tariff_version_packs_where_data_ends'),
        'tariff_version',
        'packs IS NULL OR (overage_minor IS NULL AND (data_bytes IS NOT NULL OR fair_use IS NOT NULL))',
    )
    op.create_table('bought_data',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('data_bytes', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('until_day', sa.Date(), nullable=False),
    sa.Column('after_bytes', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('invoice_id', sa.BigInteger(), nullable=False),
    sa.Column('bought_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('data_bytes > 0 AND after_bytes >= 0', name=op.f('ck_bought_data_some_data')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_bought_data_price_positive')),
    sa.CheckConstraint('until_day > day', name=op.f('ck_bought_data_lasts')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_bought_data_invoice_id')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_bought_data_made_by')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_bought_data_subscription_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bought_data')),
    sa.UniqueConstraint('invoice_id', name=op.f('uq_bought_data_invoice_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_bought_data_request_key'))
    )
    op.create_index('ix_bought_data_subscription_id', 'bought_data', ['subscription_id', 'until_day'], unique=False)
    op.execute(
        'CREATE TRIGGER bought_data_never_changed BEFORE UPDATE OR DELETE ON bought_data '
        'FOR EACH ROW EXECUTE FUNCTION refuse_change()'
    )
    op.execute(
        'CREATE TRIGGER bought_data_never_emptied BEFORE TRUNCATE ON bought_data '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'
    )
