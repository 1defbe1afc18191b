"""Unsent events, kept until the server has them."""
