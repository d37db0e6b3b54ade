"""Optimising a direction so that its curve becomes of a wanted kind."""
