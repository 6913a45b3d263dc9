"""Tokens for cash, as gifts and from cards; cards in batches; pauses; guesses"""

from alembic import op
import sqlalchemy as sa

from core.db.migrations.guards_tokens import STATEMENTS

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _plans_and_clocks()
    _batches()
    _tokens()
    _cards()
    _lives()
    for statement in STATEMENTS:
        op.execute(statement)


def _plans_and_clocks() -> None:
    op.add_column('plan_version', sa.Column('counts_from', sa.String(length=40), server_default='first_use', nullable=False))
    op.add_column('plan_version', sa.Column('pauses_max', sa.Integer(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_plan_version_counts_from_known'), 'plan_version', "counts_from IN ('first_use', 'sale')")
    op.create_check_constraint(op.f('ck_plan_version_pauses_bounded'), 'plan_version', 'pauses_max BETWEEN 0 AND 20')
    op.add_column('access_grant', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('access_grant', sa.Column('paused_s', sa.Integer(), server_default='0', nullable=False))
    op.drop_constraint(op.f('ck_access_grant_only_services_pause'), 'access_grant', type_='check')
    op.create_check_constraint(
        op.f('ck_access_grant_pause_of_time_is_dated'),
        'access_grant',
        "(status = 'paused' AND duration_s IS NOT NULL) = (paused_at IS NOT NULL)",
    )
    op.create_check_constraint(
        op.f('ck_access_grant_pauses_begun'),
        'access_grant',
        "status <> 'paused' OR duration_s IS NULL OR first_used_at IS NOT NULL",
    )
    op.create_check_constraint(
        op.f('ck_access_grant_paused_what_runs'),
        'access_grant',
        'paused_s >= 0 AND (paused_s = 0 OR ends_at IS NOT NULL)',
    )


def _batches() -> None:
    op.create_table('token_batch',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('hotspot_id', sa.BigInteger(), nullable=False),
    sa.Column('plan_version_id', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('cards', sa.Integer(), nullable=False),
    sa.Column('campaign', sa.String(length=200), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('maker_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('cards BETWEEN 1 AND 100000', name=op.f('ck_token_batch_cards_bounded')),
    sa.CheckConstraint('price_minor >= 0', name=op.f('ck_token_batch_price_not_negative')),
    sa.CheckConstraint('num_nonnulls(made_by, maker_id) = 1', name=op.f('ck_token_batch_made_by_one')),
    sa.ForeignKeyConstraint(['hotspot_id'], ['hotspot.id'], name=op.f('fk_token_batch_hotspot_id')),
    sa.ForeignKeyConstraint(['plan_version_id'], ['plan_version.id'], name=op.f('fk_token_batch_plan_version_id')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_token_batch_made_by')),
    sa.ForeignKeyConstraint(['maker_id'], ['customer.id'], name=op.f('fk_token_batch_maker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_token_batch')),
    sa.UniqueConstraint('request_key', name=op.f('uq_token_batch_request_key'))
    )
    op.create_index(op.f('ix_token_batch_hotspot_id'), 'token_batch', ['hotspot_id'])
    op.create_index(op.f('ix_token_batch_maker_id'), 'token_batch', ['maker_id'])


def _tokens() -> None:
    op.add_column('token', sa.Column('origin', sa.String(length=40), server_default='sold', nullable=False))
    op.add_column('token', sa.Column('seller_id', sa.BigInteger(), nullable=True))
    op.add_column('token', sa.Column('campaign', sa.String(length=200), nullable=True))
    op.add_column('token', sa.Column('batch_id', sa.BigInteger(), nullable=True))
    op.add_column('token', sa.Column('moved_from_id', sa.BigInteger(), nullable=True))
    op.add_column('token', sa.Column('lookup', sa.LargeBinary(), nullable=True))
    op.alter_column('token', 'buyer_id', nullable=True)
    op.alter_column('token', 'entry_id', nullable=True)
    op.alter_column('token', 'recipient_phone', nullable=True)
    op.create_foreign_key(op.f('fk_token_seller_id'), 'token', 'customer', ['seller_id'], ['id'])
    op.create_foreign_key(op.f('fk_token_batch_id'), 'token', 'token_batch', ['batch_id'], ['id'])
    op.create_foreign_key(op.f('fk_token_moved_from_id'), 'token', 'token', ['moved_from_id'], ['id'])
    op.create_unique_constraint(op.f('uq_token_moved_from_id'), 'token', ['moved_from_id'])
    op.create_unique_constraint(op.f('uq_token_lookup'), 'token', ['lookup'])
    op.create_index(op.f('ix_token_batch_id'), 'token', ['batch_id'])
    op.create_index(
        'ix_token_seller_id', 'token', ['seller_id', 'sold_at'], postgresql_where=sa.text('seller_id IS NOT NULL')
    )
    for name, rule in (
        ('origin_known', "origin IN ('sold', 'momo', 'cash', 'given', 'card')"),
        ('entry_of_a_wallet', "(origin IN ('sold', 'momo') AND moved_from_id IS NULL) = (entry_id IS NOT NULL)"),
        ('buyer_of_a_wallet', "(origin IN ('sold', 'momo')) = (buyer_id IS NOT NULL)"),
        ('seller_named', "origin NOT IN ('cash', 'given') OR seller_id IS NOT NULL"),
        ('given_for_nothing', "origin <> 'given' OR price_minor = 0"),
        ('card_of_a_batch', "(origin = 'card') = (batch_id IS NOT NULL)"),
        ('phone_unless_card', "recipient_phone IS NOT NULL OR origin = 'card'"),
        ('campaign_of_gifts', "campaign IS NULL OR origin IN ('given', 'card')"),
        ('lookup_whole', 'octet_length(lookup) = 16'),
        ('moved_from_another', 'moved_from_id <> id'),
    ):
        op.create_check_constraint(op.f(f'ck_token_{name}'), 'token', rule)


def _cards() -> None:
    op.create_table('token_card_sale',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('first_serial', sa.Integer(), nullable=False),
    sa.Column('last_serial', sa.Integer(), nullable=False),
    sa.Column('seller_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('means', sa.String(length=40), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('sold_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('first_serial BETWEEN 1 AND last_serial', name=op.f('ck_token_card_sale_range_in_order')),
    sa.CheckConstraint("means IN ('cash', 'given')", name=op.f('ck_token_card_sale_means_known')),
    sa.CheckConstraint("price_minor >= 0 AND (means = 'cash' OR price_minor = 0)", name=op.f('ck_token_card_sale_given_for_nothing')),
    sa.CheckConstraint('num_nonnulls(seller_id, staff_id) > 0', name=op.f('ck_token_card_sale_by_somebody')),
    sa.ForeignKeyConstraint(['batch_id'], ['token_batch.id'], name=op.f('fk_token_card_sale_batch_id')),
    sa.ForeignKeyConstraint(['seller_id'], ['customer.id'], name=op.f('fk_token_card_sale_seller_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_token_card_sale_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_token_card_sale')),
    sa.UniqueConstraint('request_key', name=op.f('uq_token_card_sale_request_key'))
    )
    op.create_index('ix_token_card_sale_batch_id', 'token_card_sale', ['batch_id', 'first_serial'])
    op.create_index('ix_token_card_sale_seller_id', 'token_card_sale', ['seller_id', 'sold_at'])
    op.create_table('token_card',
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('lookup', sa.LargeBinary(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('sale_id', sa.BigInteger(), nullable=True),
    sa.Column('token_id', sa.BigInteger(), nullable=True),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('serial > 0', name=op.f('ck_token_card_serial_positive')),
    sa.CheckConstraint('octet_length(lookup) = 16', name=op.f('ck_token_card_lookup_whole')),
    sa.CheckConstraint('token_id IS NULL OR sale_id IS NOT NULL', name=op.f('ck_token_card_redeemed_once_sold')),
    sa.CheckConstraint('voided_at IS NULL OR token_id IS NULL', name=op.f('ck_token_card_voided_unused')),
    sa.ForeignKeyConstraint(['batch_id'], ['token_batch.id'], name=op.f('fk_token_card_batch_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['token_card_sale.id'], name=op.f('fk_token_card_sale_id')),
    sa.ForeignKeyConstraint(['token_id'], ['token.id'], name=op.f('fk_token_card_token_id')),
    sa.PrimaryKeyConstraint('batch_id', 'serial', name=op.f('pk_token_card')),
    sa.UniqueConstraint('lookup', name=op.f('uq_token_card_lookup')),
    sa.UniqueConstraint('token_id', name=op.f('uq_token_card_token_id'))
    )


def _lives() -> None:
    op.create_table('token_pause',
    sa.Column('token_id', sa.BigInteger(), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resumed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('resumed_at >= paused_at', name=op.f('ck_token_pause_in_order')),
    sa.ForeignKeyConstraint(['token_id'], ['token.id'], name=op.f('fk_token_pause_token_id')),
    sa.PrimaryKeyConstraint('token_id', 'paused_at', name=op.f('pk_token_pause'))
    )
    op.create_index(
        'uq_token_pause_one_open', 'token_pause', ['token_id'], unique=True, postgresql_where=sa.text('resumed_at IS NULL')
    )
    op.create_table('token_device',
    sa.Column('token_id', sa.BigInteger(), nullable=False),
    sa.Column('device', sa.String(length=40), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['token_id'], ['token.id'], name=op.f('fk_token_device_token_id')),
    sa.PrimaryKeyConstraint('token_id', 'device', name=op.f('pk_token_device'))
    )
    op.create_table('token_revocation',
    sa.Column('token_id', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('seller_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('means', sa.String(length=40), nullable=False),
    sa.Column('refund_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.CheckConstraint('num_nonnulls(staff_id, seller_id) = 1', name=op.f('ck_token_revocation_by_one')),
    sa.CheckConstraint("means IN ('wallet', 'owner_cash', 'nothing')", name=op.f('ck_token_revocation_means_known')),
    sa.CheckConstraint("refund_minor >= 0 AND (means = 'nothing') = (refund_minor = 0)", name=op.f('ck_token_revocation_means_of_a_refund')),
    sa.CheckConstraint("why <> ''", name=op.f('ck_token_revocation_has_a_reason')),
    sa.ForeignKeyConstraint(['token_id'], ['token.id'], name=op.f('fk_token_revocation_token_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_token_revocation_staff_id')),
    sa.ForeignKeyConstraint(['seller_id'], ['customer.id'], name=op.f('fk_token_revocation_seller_id')),
    sa.PrimaryKeyConstraint('token_id', name=op.f('pk_token_revocation'))
    )
    op.create_table('token_guess',
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('misses', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('phone', 'device', 'address', 'all')", name=op.f('ck_token_guess_kind_known')),
    sa.CheckConstraint('misses > 0', name=op.f('ck_token_guess_misses_positive')),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_token_guess'))
    )
    op.create_index('ix_token_guess_began_at', 'token_guess', ['began_at'])
