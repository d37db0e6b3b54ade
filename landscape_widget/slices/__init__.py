"""What a user gets: curves and surfaces."""
