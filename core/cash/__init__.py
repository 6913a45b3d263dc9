"""Cash in hands: drawers, shifts, counted and banked. Every note is in one drawer, and a person answers for it."""
