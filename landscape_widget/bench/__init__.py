"""`landscape-widget bench`: how fast slices are here, beside the plain loop and the other tools that are installed."""
