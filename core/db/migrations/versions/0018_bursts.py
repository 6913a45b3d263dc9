"""A burst as RouterOS reads it, and never below the speed it lifts"""

from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f('ck_access_grant_burst_faster'), 'access_grant', 'burst_down_kbps >= down_kbps AND burst_up_kbps >= up_kbps'
    )
    # Without its threshold and time RouterOS lets a burst last a second. Both as `core.network.desired` tells a router.
    op.execute("""
        CREATE OR REPLACE FUNCTION radius_rate(up integer, down integer, burst_up integer, burst_down integer)
        RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
        BEGIN
          RETURN up || 'k/' || down || 'k'
            || coalesce(' ' || burst_up || 'k/' || burst_down || 'k ' || up || 'k/' || down || 'k 8/8', '');
        END $$
    """)
