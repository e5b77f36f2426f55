"""Databases that fail, and what becomes of the runs that store in them."""
