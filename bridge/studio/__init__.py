"""The studio: what the page ``/studio`` asks for, and the page. Served where ``Settings.studio`` says so.

It reads through the ports that are there without it: `Observer`, `Journal`, `Agent`. No other dialect knows of it.
"""
