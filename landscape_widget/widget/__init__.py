"""The explorer: controls, worker and views."""
