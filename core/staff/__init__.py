"""Staff: accounts, roles, permissions, and the trail of what each did."""
