"""Starts what Shabaka consists of and keeps it alive: PostgreSQL, Redis, web, worker, timetable, the sandbox town.

Knows programs, files and signals; nothing of billing, and imports nothing of ours. Standard library only: the second
start of everything has a budget of five seconds, and each import here is paid before the first child can start.
A power cut may end all of it between any two lines; whatever a start finds lying about, it must be able to go on.
"""
