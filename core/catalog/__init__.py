"""What we sell and for how much: plans in versions, each from a date on. The past is never repriced."""
