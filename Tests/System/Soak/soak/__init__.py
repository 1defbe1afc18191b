"""A day in small: all roles under load and faults, and the account at its end."""
