"""The front end's benchmark; see `__main__.py`."""
