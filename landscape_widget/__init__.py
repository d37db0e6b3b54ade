"""The loss landscape of your own PyTorch network, live in a notebook."""

__version__ = "0.1.0"
