"""The sales and marketing agent: a LangGraph supervisor over two departments, with its own CRM."""
