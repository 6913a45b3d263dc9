"""Usage: sessions and counters, kept by one writer. It knows grants, and never asks what they are for."""
