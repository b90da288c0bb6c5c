"""Compare: which contact each row is about, and what would change."""
