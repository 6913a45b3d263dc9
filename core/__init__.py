"""The billing domain, one room per subject. Knows no door, no conversation and no web framework."""
