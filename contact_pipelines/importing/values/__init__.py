"""Reading emails, phones and names: a fast path in SQL, and the library for what it leaves open."""
