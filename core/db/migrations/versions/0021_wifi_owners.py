"""Wi-Fi owners, their helpers, prices and gifts; networks that no router is known of yet"""

from alembic import op
import sqlalchemy as sa

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _owners()
    _prices_and_gifts()
    _networks()
    # Whoever owns a network today is an owner; the phone that staff agreed on with them stands as confirmed.
    op.execute("""
        INSERT INTO wifi_owner (customer_id, signed_up_at, momo_phone, momo_confirmed_at)
        SELECT c.id, c.registered_at, t.payout_phone, t.set_at
        FROM customer c
        LEFT JOIN LATERAL (SELECT payout_phone, set_at FROM owner_terms WHERE owner_id = c.id
                           ORDER BY from_day DESC LIMIT 1) t ON true
        WHERE t.payout_phone IS NOT NULL OR EXISTS (SELECT 1 FROM hotspot h WHERE h.owner_id = c.id)
    """)
    op.execute("UPDATE hotspot h SET reach = 'radius' FROM router r WHERE r.id = h.router_id AND r.access_by = 'radius'")


def _owners() -> None:
    op.create_table('wifi_owner',
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('momo_phone', sa.String(length=16), nullable=True),
    sa.Column('momo_name', sa.String(length=200), nullable=True),
    sa.Column('momo_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=40), server_default='active', nullable=False),
    sa.Column('giveaway_day_max', sa.Integer(), server_default='10', nullable=False),
    sa.Column('giveaway_once_per_phone_day', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('signed_up_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('active', 'suspended')", name=op.f('ck_wifi_owner_state_known')),
    sa.CheckConstraint('giveaway_day_max BETWEEN 0 AND 10000', name=op.f('ck_wifi_owner_giveaway_bounded')),
    sa.CheckConstraint('(momo_phone IS NULL) = (momo_confirmed_at IS NULL)', name=op.f('ck_wifi_owner_momo_is_confirmed')),
    sa.CheckConstraint('momo_name IS NULL OR momo_phone IS NOT NULL', name=op.f('ck_wifi_owner_name_of_a_phone')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_wifi_owner_customer_id')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_wifi_owner'))
    )
    op.create_table('momo_code',
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('code_mac', sa.LargeBinary(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sends', sa.Integer(), nullable=False),
    sa.Column('sends_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('wallet_active', sa.Boolean(), nullable=True),
    sa.Column('wallet_name', sa.String(length=200), nullable=True),
    sa.CheckConstraint('tries BETWEEN 0 AND 5', name=op.f('ck_momo_code_tries_bounded')),
    sa.CheckConstraint('octet_length(code_mac) = 32', name=op.f('ck_momo_code_mac_whole')),
    sa.CheckConstraint('sends > 0', name=op.f('ck_momo_code_sends_positive')),
    sa.ForeignKeyConstraint(['owner_id'], ['wifi_owner.customer_id'], name=op.f('fk_momo_code_owner_id')),
    sa.PrimaryKeyConstraint('owner_id', name=op.f('pk_momo_code'))
    )
    op.create_table('wifi_helper',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('helper_id', sa.BigInteger(), nullable=False),
    sa.Column('may', sa.String(length=40), server_default='sell', nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("may IN ('sell')", name=op.f('ck_wifi_helper_right_known')),
    sa.CheckConstraint('helper_id <> owner_id', name=op.f('ck_wifi_helper_helps_another')),
    sa.CheckConstraint('removed_at >= added_at', name=op.f('ck_wifi_helper_in_order')),
    sa.ForeignKeyConstraint(['owner_id'], ['wifi_owner.customer_id'], name=op.f('fk_wifi_helper_owner_id')),
    sa.ForeignKeyConstraint(['helper_id'], ['customer.id'], name=op.f('fk_wifi_helper_helper_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wifi_helper'))
    )
    op.create_index(op.f('ix_wifi_helper_owner_id'), 'wifi_helper', ['owner_id'])
    op.create_index(
        'ux_wifi_helper_of_one', 'wifi_helper', ['helper_id'], unique=True, postgresql_where=sa.text('removed_at IS NULL')
    )


def _prices_and_gifts() -> None:
    op.create_table('owner_price',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('plan_id', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('from_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_owner_price_price_positive')),
    sa.CheckConstraint("currency = 'SSP'", name=op.f('ck_owner_price_in_pounds')),
    sa.ForeignKeyConstraint(['owner_id'], ['wifi_owner.customer_id'], name=op.f('fk_owner_price_owner_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_owner_price_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_owner_price'))
    )
    op.create_index('ix_owner_price_owner_id', 'owner_price', ['owner_id', 'plan_id', 'from_at'])
    op.create_table('owner_gift',
    sa.Column('token_id', sa.BigInteger(), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('day_max', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('once', sa.Boolean(), nullable=False),
    sa.CheckConstraint('number BETWEEN 1 AND day_max', name=op.f('ck_owner_gift_within_the_day')),
    sa.ForeignKeyConstraint(['token_id'], ['token.id'], name=op.f('fk_owner_gift_token_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['wifi_owner.customer_id'], name=op.f('fk_owner_gift_owner_id')),
    sa.PrimaryKeyConstraint('token_id', name=op.f('pk_owner_gift')),
    sa.UniqueConstraint('owner_id', 'day', 'number', name='uq_owner_gift_number')
    )
    op.create_index(
        'ux_owner_gift_once', 'owner_gift', ['owner_id', 'day', 'phone'], unique=True, postgresql_where=sa.text('once')
    )
    for table in ('owner_price', 'owner_gift'):
        op.execute(
            f'CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} '
            'FOR EACH ROW EXECUTE FUNCTION refuse_change()'
        )
        op.execute(
            f'CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'
        )


def _networks() -> None:
    op.add_column('hotspot', sa.Column('reach', sa.String(length=40), server_default='mikrotik', nullable=False))
    op.add_column('hotspot', sa.Column('admin_password_sealed', sa.Text(), nullable=True))
    op.alter_column('hotspot', 'router_id', nullable=True)
    op.create_check_constraint(
        op.f('ck_hotspot_reach_known'), 'hotspot', "reach IN ('mikrotik', 'mikrotik_calls_home', 'radius', 'none')"
    )
    op.create_check_constraint(op.f('ck_hotspot_none_has_no_router'), 'hotspot', "reach <> 'none' OR router_id IS NULL")
