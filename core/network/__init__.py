"""The network: what each router should hold, and what it takes to make it so. Knows grants, never why one exists."""
