"""Commands. What an operator types: one file per group, a verb is a function of its name.

A verb takes what was typed and returns an exit code; it speaks through `edge` alone and leaves the work to core and
the supervisor. It imports what it needs only when it is asked for: `shabaka run` stays small. This is an edge, like
wsgi and worker: it may import everything, and only `cli.py` imports it.
"""
