"""How many points are evaluated."""
