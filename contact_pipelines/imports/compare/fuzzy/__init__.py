"""Fuzzy duplicates: the same person without a common key. See `finding`."""
