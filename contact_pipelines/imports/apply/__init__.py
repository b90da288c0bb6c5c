"""Apply: the plan becomes changes in the store, in one transaction."""
