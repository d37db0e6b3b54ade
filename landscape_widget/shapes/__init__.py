"""Arrays in, names out: the kinds of curves, with the reason."""
