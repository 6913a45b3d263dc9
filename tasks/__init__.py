"""Tasks. What celery wakes: one file per group, a task is a function of its name.

A task claims what is due in PostgreSQL, acts and records; it decides nothing itself and leaves the work to core. A bell
that was lost costs time only (`core.bells`). This is an edge, like the commands: it may import everything, and only
`worker.py` imports it.
"""
