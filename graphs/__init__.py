"""The sales and marketing agent."""
