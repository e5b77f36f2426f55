"""Programs for Python clients that do not go beside the bridge's own packages (`make clients`): see `holding.py`."""
