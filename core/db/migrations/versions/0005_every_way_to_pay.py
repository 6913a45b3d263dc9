"""Every way to pay: drawers, statements, payouts, evidence and alarms"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from core.db.migrations.guards_0005 import (
    CHECKS_OF_ALLOCATIONS,
    CHECKS_OF_INTENTS,
    CHECKS_OF_RECEIPTS,
    statements,
)

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('money_account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('alias', sa.Integer(), nullable=True),
    sa.Column('ledger_code', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('pay_to', sa.String(length=200), nullable=True),
    sa.Column('instructions_en', sa.String(length=200), nullable=True),
    sa.Column('instructions_ar', sa.String(length=200), nullable=True),
    sa.Column('mapping', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,19}$'", name=op.f('ck_money_account_code_is_plain')),
    sa.CheckConstraint("kind <> 'wallet' OR pay_to IS NOT NULL", name=op.f('ck_money_account_wallet_is_payable')),
    sa.CheckConstraint("kind IN ('bank', 'momo', 'orange', 'wallet')", name=op.f('ck_money_account_kind_known')),
    sa.CheckConstraint('alias BETWEEN 1 AND 89', name=op.f('ck_money_account_alias_dialable')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_money_account')),
    sa.UniqueConstraint('alias', name=op.f('uq_money_account_alias')),
    sa.UniqueConstraint('code', name=op.f('uq_money_account_code')),
    sa.UniqueConstraint('ledger_code', name=op.f('uq_money_account_ledger_code'))
    )
    op.create_table('cash_drawer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('held_max_minor', sa.BigInteger(), nullable=True),
    sa.Column('next_number', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,19}$'", name=op.f('ck_cash_drawer_code_is_plain')),
    sa.CheckConstraint("kind IN ('counter', 'field', 'safe')", name=op.f('ck_cash_drawer_kind_known')),
    sa.CheckConstraint('held_max_minor > 0', name=op.f('ck_cash_drawer_limit_positive')),
    sa.CheckConstraint('next_number >= 1', name=op.f('ck_cash_drawer_counts_from_one')),
    sa.ForeignKeyConstraint(['holder_id'], ['staff_member.id'], name=op.f('fk_cash_drawer_holder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_drawer')),
    sa.UniqueConstraint('code', name=op.f('uq_cash_drawer_code'))
    )
    op.create_index(op.f('ix_cash_drawer_holder_id'), 'cash_drawer', ['holder_id'], unique=False)
    op.create_table('payment_alarm',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_by', sa.BigInteger(), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(seen_by IS NULL) = (seen_at IS NULL)', name=op.f('ck_payment_alarm_seen_is_dated')),
    sa.CheckConstraint('times >= 1', name=op.f('ck_payment_alarm_came_once_at_least')),
    sa.ForeignKeyConstraint(['seen_by'], ['staff_member.id'], name=op.f('fk_payment_alarm_seen_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_alarm'))
    )
    op.create_index('ux_payment_alarm_live', 'payment_alarm', ['kind', 'subject'], unique=True, postgresql_where=sa.text('seen_at IS NULL'))
    op.create_table('statement_import',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('format', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('new_count', sa.Integer(), nullable=False),
    sa.Column('matched_count', sa.Integer(), nullable=False),
    sa.Column('bad_lines', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('opening_minor', sa.BigInteger(), nullable=True),
    sa.Column('closing_minor', sa.BigInteger(), nullable=True),
    sa.Column('closing_on', sa.Date(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("format IN ('csv', 'mt940', 'camt053', 'hand')", name=op.f('ck_statement_import_format_known')),
    sa.CheckConstraint("state IN ('reading', 'done')", name=op.f('ck_statement_import_state_known')),
    sa.CheckConstraint('new_count <= line_count AND matched_count <= new_count', name=op.f('ck_statement_import_counts_agree')),
    sa.ForeignKeyConstraint(['account_id'], ['money_account.id'], name=op.f('fk_statement_import_account_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_statement_import_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_import'))
    )
    op.create_index(op.f('ix_statement_import_account_id'), 'statement_import', ['account_id'], unique=False)
    op.create_index('ux_statement_import_reading', 'statement_import', ['account_id', 'sha256'], unique=True, postgresql_where=sa.text("state = 'reading'"))
    op.create_table('statement_file',
    sa.Column('import_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['statement_import.id'], name=op.f('fk_statement_file_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'position', name=op.f('pk_statement_file'))
    )
    op.create_table('cash_move',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('from_drawer_id', sa.BigInteger(), nullable=True),
    sa.Column('to_drawer_id', sa.BigInteger(), nullable=True),
    sa.Column('bank_code', sa.String(length=40), nullable=True),
    sa.Column('slip', sa.String(length=200), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(kind = 'moved') = (bank_code IS NULL)", name=op.f('ck_cash_move_bank_is_named')),
    sa.CheckConstraint("kind <> 'banked' OR slip IS NOT NULL", name=op.f('ck_cash_move_slip_is_kept')),
    sa.CheckConstraint("kind IN ('moved', 'banked', 'from_bank')", name=op.f('ck_cash_move_kind_known')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_cash_move_amount_positive')),
    sa.CheckConstraint('from_drawer_id <> to_drawer_id', name=op.f('ck_cash_move_between_two')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_cash_move_entry_id')),
    sa.ForeignKeyConstraint(['from_drawer_id'], ['cash_drawer.id'], name=op.f('fk_cash_move_from_drawer_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_cash_move_staff_id')),
    sa.ForeignKeyConstraint(['to_drawer_id'], ['cash_drawer.id'], name=op.f('fk_cash_move_to_drawer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_move')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_cash_move_entry_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_cash_move_request_key'))
    )
    op.create_index(op.f('ix_cash_move_from_drawer_id'), 'cash_move', ['from_drawer_id'], unique=False)
    op.create_index(op.f('ix_cash_move_to_drawer_id'), 'cash_move', ['to_drawer_id'], unique=False)
    op.create_table('cash_shift',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('drawer_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opening_minor', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expected_minor', sa.BigInteger(), nullable=True),
    sa.Column('counted_minor', sa.BigInteger(), nullable=True),
    sa.Column('closing_entry_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=True),
    sa.Column('opening_entry_id', sa.BigInteger(), nullable=True),
    sa.Column('opening_why', sa.String(length=200), nullable=True),
    sa.Column('opened_mark', sa.BigInteger(), nullable=False),
    sa.Column('closed_mark', sa.BigInteger(), nullable=True),
    sa.Column('closed_by', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('num_nonnulls(closed_at, counted_minor, expected_minor, closed_mark, closed_by) IN (0, 5)', name=op.f('ck_cash_shift_closed_is_counted')),
    sa.CheckConstraint('opening_entry_id IS NULL OR opening_why IS NOT NULL', name=op.f('ck_cash_shift_opening_difference_has_its_reason')),
    sa.CheckConstraint('closed_at IS NULL OR (counted_minor = expected_minor) = (closing_entry_id IS NULL)', name=op.f('ck_cash_shift_difference_is_posted')),
    sa.CheckConstraint('closing_entry_id IS NULL OR why IS NOT NULL', name=op.f('ck_cash_shift_difference_has_its_reason')),
    sa.CheckConstraint('opening_minor >= 0 AND counted_minor >= 0', name=op.f('ck_cash_shift_counts_not_negative')),
    sa.ForeignKeyConstraint(['closed_by'], ['staff_member.id'], name=op.f('fk_cash_shift_closed_by')),
    sa.ForeignKeyConstraint(['closing_entry_id'], ['ledger_entry.id'], name=op.f('fk_cash_shift_closing_entry_id')),
    sa.ForeignKeyConstraint(['opening_entry_id'], ['ledger_entry.id'], name=op.f('fk_cash_shift_opening_entry_id')),
    sa.ForeignKeyConstraint(['drawer_id'], ['cash_drawer.id'], name=op.f('fk_cash_shift_drawer_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_cash_shift_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_shift')),
    sa.UniqueConstraint('closing_entry_id', name=op.f('uq_cash_shift_closing_entry_id')),
    sa.UniqueConstraint('opening_entry_id', name=op.f('uq_cash_shift_opening_entry_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_cash_shift_request_key'))
    )
    op.create_index('ix_cash_shift_drawer_id_id', 'cash_shift', ['drawer_id', 'id'], unique=False)
    op.create_index('ux_cash_shift_open_drawer', 'cash_shift', ['drawer_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_index('ux_cash_shift_open_staff', 'cash_shift', ['staff_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('owner_terms',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('commission_millionths', sa.BigInteger(), nullable=False),
    sa.Column('withholding_millionths', sa.BigInteger(), nullable=False),
    sa.Column('payout_phone', sa.String(length=16), nullable=False),
    sa.Column('set_by', sa.BigInteger(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('commission_millionths BETWEEN 0 AND 1000000', name=op.f('ck_owner_terms_commission_is_a_share')),
    sa.CheckConstraint('withholding_millionths BETWEEN 0 AND 1000000', name=op.f('ck_owner_terms_withholding_is_a_share')),
    sa.ForeignKeyConstraint(['owner_id'], ['customer.id'], name=op.f('fk_owner_terms_owner_id')),
    sa.ForeignKeyConstraint(['set_by'], ['staff_member.id'], name=op.f('fk_owner_terms_set_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_owner_terms')),
    sa.UniqueConstraint('owner_id', 'from_day', name='uq_owner_terms_from_day')
    )
    op.create_table('pre_approval',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('reference', sa.UUID(), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('platform', sa.String(length=200), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('below_minor', sa.BigInteger(), nullable=False),
    sa.Column('times_a_month_max', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ask_again_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asks', sa.Integer(), nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('refused', 'ended')) = (ended_at IS NOT NULL)", name=op.f('ck_pre_approval_ended_is_dated')),
    sa.CheckConstraint("state IN ('created', 'submitted', 'agreed', 'refused', 'ended')", name=op.f('ck_pre_approval_state_known')),
    sa.CheckConstraint('amount_minor > 0 AND below_minor > 0', name=op.f('ck_pre_approval_amounts_positive')),
    sa.CheckConstraint('times_a_month_max BETWEEN 1 AND 31', name=op.f('ck_pre_approval_times_are_few')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_pre_approval_customer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pre_approval')),
    sa.UniqueConstraint('reference', name=op.f('uq_pre_approval_reference')),
    sa.UniqueConstraint('request_key', name=op.f('uq_pre_approval_request_key'))
    )
    op.create_index('ux_pre_approval_live', 'pre_approval', ['customer_id'], unique=True, postgresql_where=sa.text("state IN ('created', 'submitted', 'agreed')"))
    op.create_table('statement_line',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('import_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference', sa.String(length=200), nullable=True),
    sa.Column('external_id', sa.String(length=200), nullable=True),
    sa.Column('payer', sa.String(length=200), nullable=True),
    sa.Column('payer_phone', sa.String(length=16), nullable=True),
    sa.Column('details', sa.Text(), nullable=True),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('matched_minor', sa.BigInteger(), nullable=False),
    sa.Column('explained', sa.String(length=200), nullable=True),
    sa.Column('explained_by', sa.BigInteger(), nullable=True),
    sa.Column('explained_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspense_entry_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('(explained IS NULL) = (explained_at IS NULL)', name=op.f('ck_statement_line_explained_is_dated')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_statement_line_amount_not_zero')),
    sa.CheckConstraint('matched_minor BETWEEN 0 AND abs(amount_minor)', name=op.f('ck_statement_line_matched_within')),
    sa.ForeignKeyConstraint(['account_id'], ['money_account.id'], name=op.f('fk_statement_line_account_id')),
    sa.ForeignKeyConstraint(['explained_by'], ['staff_member.id'], name=op.f('fk_statement_line_explained_by')),
    sa.ForeignKeyConstraint(['import_id'], ['statement_import.id'], name=op.f('fk_statement_line_import_id')),
    sa.ForeignKeyConstraint(['suspense_entry_id'], ['ledger_entry.id'], name=op.f('fk_statement_line_suspense_entry_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_line')),
    sa.UniqueConstraint('account_id', 'fingerprint', name='uq_statement_line_once')
    )
    op.create_index('ix_statement_line_account_id_booked_on', 'statement_line', ['account_id', 'booked_on'], unique=False)
    op.create_index(op.f('ix_statement_line_import_id'), 'statement_line', ['import_id'], unique=False)
    op.create_index('ix_statement_line_open', 'statement_line', ['account_id', 'booked_on'], unique=False, postgresql_where=sa.text('matched_minor < abs(amount_minor) AND explained IS NULL'))
    op.create_index('ix_statement_line_reference', 'statement_line', ['account_id', 'reference'], unique=False)
    op.create_table('payment_claim',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.String(length=40), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('said_minor', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('receipt_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=True),
    sa.CheckConstraint("(state = 'credited') = (receipt_id IS NOT NULL)", name=op.f('ck_payment_claim_credited_has_its_receipt')),
    sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f('ck_payment_claim_decided_is_dated')),
    sa.CheckConstraint("state IN ('waiting', 'credited', 'refused')", name=op.f('ck_payment_claim_state_known')),
    sa.CheckConstraint('said_minor > 0', name=op.f('ck_payment_claim_said_positive')),
    sa.ForeignKeyConstraint(['account_id'], ['money_account.id'], name=op.f('fk_payment_claim_account_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_payment_claim_customer_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['staff_member.id'], name=op.f('fk_payment_claim_decided_by')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_payment_claim_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_claim')),
    sa.UniqueConstraint('receipt_id', name=op.f('uq_payment_claim_receipt_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_payment_claim_request_key'))
    )
    op.create_index(op.f('ix_payment_claim_customer_id'), 'payment_claim', ['customer_id'], unique=False)
    op.create_index('ux_payment_claim_live', 'payment_claim', ['account_id', 'reference'], unique=True, postgresql_where=sa.text("state <> 'refused'"))
    op.create_table('payout',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('reference', sa.UUID(), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('rail', sa.String(length=40), nullable=False),
    sa.Column('platform', sa.String(length=200), nullable=True),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('receipt_id', sa.BigInteger(), nullable=True),
    sa.Column('payee_phone', sa.String(length=16), nullable=True),
    sa.Column('payee_name', sa.String(length=200), nullable=True),
    sa.Column('payee_active', sa.Boolean(), nullable=True),
    sa.Column('payee_checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_as', sa.String(length=40), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('needs_second', sa.Boolean(), nullable=False),
    sa.Column('asked_by', sa.BigInteger(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_by', sa.BigInteger(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hold_entry_id', sa.BigInteger(), nullable=True),
    sa.Column('end_entry_id', sa.BigInteger(), nullable=True),
    sa.Column('paid_from', sa.String(length=40), nullable=True),
    sa.Column('provider_reference', sa.String(length=200), nullable=True),
    sa.Column('failure', sa.String(length=40), nullable=True),
    sa.Column('raw_failure', sa.String(length=200), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ask_again_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asks', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'refund') = (receipt_id IS NOT NULL)", name=op.f('ck_payout_refund_names_what_came')),
    sa.CheckConstraint("(state IN ('paid', 'refused')) = (end_entry_id IS NOT NULL)", name=op.f('ck_payout_ended_is_posted')),
    sa.CheckConstraint("kind IN ('transfer', 'refund')", name=op.f('ck_payout_kind_known')),
    sa.CheckConstraint("state IN ('waiting', 'approved', 'submitted', 'paid', 'refused', 'unknown', 'cancelled')", name=op.f('ck_payout_state_known')),
    sa.CheckConstraint("state IN ('waiting', 'cancelled') OR hold_entry_id IS NOT NULL", name=op.f('ck_payout_sent_is_held')),
    sa.CheckConstraint('NOT needs_second OR approved_by IS NULL OR approved_by <> asked_by', name=op.f('ck_payout_two_people')),
    sa.CheckConstraint("rail IN ('mtn-momo', 'cash', 'by_hand')", name=op.f('ck_payout_rail_known')),
    sa.CheckConstraint("rail <> 'mtn-momo' OR platform IS NOT NULL AND payee_phone IS NOT NULL AND sent_as IS NOT NULL", name=op.f('ck_payout_momo_is_addressed')),
    sa.CheckConstraint("sent_as = 'transfer' OR sent_as = 'refund' AND kind = 'refund'", name=op.f('ck_payout_sent_as_known')),
    sa.CheckConstraint("(state = 'paid') = (paid_from IS NOT NULL)", name=op.f('ck_payout_paid_left_somewhere')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payout_amount_positive')),
    sa.ForeignKeyConstraint(['approved_by'], ['staff_member.id'], name=op.f('fk_payout_approved_by')),
    sa.ForeignKeyConstraint(['asked_by'], ['staff_member.id'], name=op.f('fk_payout_asked_by')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_payout_customer_id')),
    sa.ForeignKeyConstraint(['end_entry_id'], ['ledger_entry.id'], name=op.f('fk_payout_end_entry_id')),
    sa.ForeignKeyConstraint(['hold_entry_id'], ['ledger_entry.id'], name=op.f('fk_payout_hold_entry_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_payout_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout')),
    sa.UniqueConstraint('end_entry_id', name=op.f('uq_payout_end_entry_id')),
    sa.UniqueConstraint('hold_entry_id', name=op.f('uq_payout_hold_entry_id')),
    sa.UniqueConstraint('paid_from', 'provider_reference', name='uq_payout_paid_from_provider_reference'),
    sa.UniqueConstraint('reference', name=op.f('uq_payout_reference')),
    sa.UniqueConstraint('request_key', name=op.f('uq_payout_request_key'))
    )
    op.create_index('ix_payout_ask_again_at', 'payout', ['ask_again_at'], unique=False, postgresql_where=sa.text('ask_again_at IS NOT NULL'))
    op.create_index(op.f('ix_payout_customer_id'), 'payout', ['customer_id'], unique=False)
    op.create_index('ix_payout_open', 'payout', ['state'], unique=False, postgresql_where=sa.text("state NOT IN ('paid', 'refused', 'cancelled')"))
    op.create_index(op.f('ix_payout_receipt_id'), 'payout', ['receipt_id'], unique=False)
    op.create_table('receipt_void',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('receipt_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('asked_by', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('entry_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name=op.f('ck_receipt_void_done_is_posted')),
    sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f('ck_receipt_void_decided_is_dated')),
    sa.CheckConstraint("state <> 'done' OR decided_by IS NOT NULL AND decided_by <> asked_by", name=op.f('ck_receipt_void_two_people')),
    sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name=op.f('ck_receipt_void_state_known')),
    sa.CheckConstraint('length(btrim(reason)) > 0', name=op.f('ck_receipt_void_has_a_reason')),
    sa.ForeignKeyConstraint(['asked_by'], ['staff_member.id'], name=op.f('fk_receipt_void_asked_by')),
    sa.ForeignKeyConstraint(['decided_by'], ['staff_member.id'], name=op.f('fk_receipt_void_decided_by')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_receipt_void_entry_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_receipt_void_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_void')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_receipt_void_entry_id'))
    )
    op.create_index('ux_receipt_void_live', 'receipt_void', ['receipt_id'], unique=True, postgresql_where=sa.text("state <> 'refused'"))
    op.create_table('line_match',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('receipt_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('cash_move_id', sa.BigInteger(), nullable=True),
    sa.Column('entry_id', sa.BigInteger(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undoes_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(kind = 'receipt') = (receipt_id IS NOT NULL) AND (kind = 'payout') = (payout_id IS NOT NULL) AND (kind = 'banked') = (cash_move_id IS NOT NULL)", name=op.f('ck_line_match_names_what_it_matches')),
    sa.CheckConstraint("kind IN ('receipt', 'payout', 'banked', 'fee', 'other')", name=op.f('ck_line_match_kind_known')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_line_match_amount_positive')),
    sa.ForeignKeyConstraint(['cash_move_id'], ['cash_move.id'], name=op.f('fk_line_match_cash_move_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_line_match_entry_id')),
    sa.ForeignKeyConstraint(['line_id'], ['statement_line.id'], name=op.f('fk_line_match_line_id')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_line_match_payout_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_line_match_receipt_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_line_match_staff_id')),
    sa.ForeignKeyConstraint(['undoes_id'], ['line_match.id'], name=op.f('fk_line_match_undoes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_match')),
    sa.UniqueConstraint('undoes_id', name=op.f('uq_line_match_undoes_id'))
    )
    op.create_index(op.f('ix_line_match_cash_move_id'), 'line_match', ['cash_move_id'], unique=False)
    op.create_index(op.f('ix_line_match_line_id'), 'line_match', ['line_id'], unique=False)
    op.create_index(op.f('ix_line_match_payout_id'), 'line_match', ['payout_id'], unique=False)
    op.create_index(op.f('ix_line_match_receipt_id'), 'line_match', ['receipt_id'], unique=False)
    op.create_table('payment_evidence',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('intent_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(media_type IS NULL) = (content IS NULL)', name=op.f('ck_payment_evidence_file_has_its_type')),
    sa.CheckConstraint('length(btrim(note)) > 0', name=op.f('ck_payment_evidence_has_a_note')),
    sa.CheckConstraint('num_nonnulls(intent_id, payout_id) = 1', name=op.f('ck_payment_evidence_about_one_payment')),
    sa.CheckConstraint('octet_length(content) <= 1048576', name=op.f('ck_payment_evidence_file_is_small')),
    sa.ForeignKeyConstraint(['intent_id'], ['payment_intent.id'], name=op.f('fk_payment_evidence_intent_id')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_payment_evidence_payout_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_payment_evidence_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_evidence'))
    )
    op.create_index(op.f('ix_payment_evidence_intent_id'), 'payment_evidence', ['intent_id'], unique=False)
    op.create_index(op.f('ix_payment_evidence_payout_id'), 'payment_evidence', ['payout_id'], unique=False)
    op.create_table('payout_move',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('payout_id', sa.BigInteger(), nullable=False),
    sa.Column('from_state', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('why', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint('from_state <> to_state', name=op.f('ck_payout_move_moves')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_payout_move_payout_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_payout_move_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_move'))
    )
    op.create_index(op.f('ix_payout_move_payout_id'), 'payout_move', ['payout_id'], unique=False)
    op.create_table('settlement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('shares_minor', sa.BigInteger(), nullable=False),
    sa.Column('commission_minor', sa.BigInteger(), nullable=False),
    sa.Column('withheld_minor', sa.BigInteger(), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False),
    sa.Column('carried_minor', sa.BigInteger(), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('net_minor = shares_minor - commission_minor - withheld_minor', name=op.f('ck_settlement_net_is_the_rest')),
    sa.CheckConstraint('carried_minor >= 0 AND net_minor + carried_minor >= 0', name=op.f('ck_settlement_nobody_pays_us')),
    sa.CheckConstraint('net_minor + carried_minor > 0 OR payout_id IS NULL', name=op.f('ck_settlement_paid_only_what_is_left')),
    sa.CheckConstraint('shares_minor >= 0 AND commission_minor >= 0 AND withheld_minor >= 0', name=op.f('ck_settlement_not_negative')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_settlement_entry_id')),
    sa.ForeignKeyConstraint(['made_by'], ['staff_member.id'], name=op.f('fk_settlement_made_by')),
    sa.ForeignKeyConstraint(['owner_id'], ['customer.id'], name=op.f('fk_settlement_owner_id')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_settlement_payout_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_settlement_entry_id')),
    sa.UniqueConstraint('payout_id', name=op.f('uq_settlement_payout_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_settlement_request_key'))
    )
    op.create_index(op.f('ix_settlement_owner_id'), 'settlement', ['owner_id'], unique=False)
    op.add_column('allocation', sa.Column('undoes_id', sa.BigInteger(), nullable=True))
    op.create_index(op.f('ix_allocation_undoes_id'), 'allocation', ['undoes_id'], unique=False)
    op.create_foreign_key(op.f('fk_allocation_undoes_id'), 'allocation', 'allocation', ['undoes_id'], ['id'])
    op.drop_constraint(op.f('ck_allocation_amount_positive'), 'allocation', type_='check')
    op.drop_constraint(op.f('ck_allocation_kind_known'), 'allocation', type_='check')
    for name, rule in CHECKS_OF_ALLOCATIONS:
        op.create_check_constraint(op.f(f'ck_allocation_{name}'), 'allocation', rule)
    op.add_column('payment_intent', sa.Column('provider_token', sa.String(length=200), nullable=True))
    op.add_column('payment_intent', sa.Column('notify_token', sa.String(length=200), nullable=True))
    op.add_column('payment_intent', sa.Column('payment_url', sa.Text(), nullable=True))
    op.add_column('payment_intent', sa.Column('charged_minor', sa.BigInteger(), nullable=True))
    op.add_column('payment_intent', sa.Column('charged_currency', sa.String(length=3), nullable=True))
    op.add_column('payment_intent', sa.Column('settled_by', sa.BigInteger(), nullable=True))
    op.create_index(op.f('ix_payment_intent_notify_token'), 'payment_intent', ['notify_token'], unique=False)
    op.create_foreign_key(op.f('fk_payment_intent_settled_by'), 'payment_intent', 'staff_member', ['settled_by'], ['id'])
    op.add_column('receipt', sa.Column('part', sa.Integer(), server_default='1', nullable=False))
    op.add_column('receipt', sa.Column('statement_line_id', sa.BigInteger(), nullable=True))
    op.add_column('receipt', sa.Column('shift_id', sa.BigInteger(), nullable=True))
    op.add_column('receipt', sa.Column('drawer_id', sa.BigInteger(), nullable=True))
    op.add_column('receipt', sa.Column('drawer_number', sa.Integer(), nullable=True))
    op.add_column('receipt', sa.Column('check_code', sa.String(length=40), nullable=True))
    op.drop_constraint(op.f('uq_receipt_provider_reference'), 'receipt', type_='unique')
    op.create_unique_constraint('uq_receipt_provider_reference', 'receipt', ['provider', 'provider_reference', 'part'])
    op.create_index(op.f('ix_receipt_shift_id'), 'receipt', ['shift_id'], unique=False)
    op.create_index(op.f('ix_receipt_statement_line_id'), 'receipt', ['statement_line_id'], unique=False)
    op.create_unique_constraint(op.f('uq_receipt_check_code'), 'receipt', ['check_code'])
    op.create_unique_constraint('uq_receipt_drawer_number', 'receipt', ['drawer_id', 'drawer_number'])
    op.create_foreign_key(op.f('fk_receipt_statement_line_id'), 'receipt', 'statement_line', ['statement_line_id'], ['id'])
    op.create_foreign_key(op.f('fk_receipt_drawer_id'), 'receipt', 'cash_drawer', ['drawer_id'], ['id'])
    op.create_foreign_key(op.f('fk_receipt_shift_id'), 'receipt', 'cash_shift', ['shift_id'], ['id'])
    op.drop_constraint(op.f('ck_receipt_provider_has_its_intent'), 'receipt', type_='check')
    for name, rule in CHECKS_OF_RECEIPTS:
        op.create_check_constraint(op.f(f'ck_receipt_{name}'), 'receipt', rule)
    for name, rule in CHECKS_OF_INTENTS:
        op.create_check_constraint(op.f(f'ck_payment_intent_{name}'), 'payment_intent', rule)
    op.drop_index('ix_payment_intent_open', table_name='payment_intent')
    op.create_index('ix_payment_intent_open', 'payment_intent', ['customer_id', 'purpose'], unique=False, postgresql_where=sa.text("state IN ('created', 'submitted', 'unknown')"))
    for statement in statements():
        op.execute(statement)
