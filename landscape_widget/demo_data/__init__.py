"""Files of the demo: the digits, the checkpoints, and the script that made them."""
