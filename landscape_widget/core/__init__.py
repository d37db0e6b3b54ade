"""What a landscape is: the function L."""
