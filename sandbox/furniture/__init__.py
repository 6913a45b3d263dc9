"""What every pretend provider of money has: a memory, faults, and somebody who carries its callbacks."""
