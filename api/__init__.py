"""DOOR: machines. Payment callbacks, health, metrics; in the demo, the way to the sandbox town."""
