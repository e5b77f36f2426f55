"""A database that version 1 of the schema wrote, as SQL: what it holds, and how it was made."""
