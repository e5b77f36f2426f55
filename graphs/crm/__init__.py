"""The CRM: SQLAlchemy models, sessions, the seed. Nothing here knows of LangGraph or of a model."""
