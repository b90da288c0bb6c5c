"""Reading delimited text so that no row is lost. `importing/staging.py` is the way in."""
