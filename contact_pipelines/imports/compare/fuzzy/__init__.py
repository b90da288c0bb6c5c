"""Fuzzy duplicates: people who are the same although no key says so. See `finding`."""
