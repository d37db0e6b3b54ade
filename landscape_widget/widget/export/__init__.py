"""What is taken away: an offline page that still responds to its sliders, and pictures for hosts without widgets."""
