"""`landscape-widget gallery`: a page with every kind of curve and every recipe on the demo's network."""
