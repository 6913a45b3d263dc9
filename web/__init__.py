"""WEB. What every door that shows pages shares: how pages speak, what is typed into them, and how they are sent.

Knows no page and no rule of the business. Doors import it; it imports no door.
"""
