"""A Django project with an agent in it."""
