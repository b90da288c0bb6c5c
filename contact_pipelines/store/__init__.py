"""The contact store: PostgreSQL, embedded or the user's own."""
