"""What the columns of a file are: headers, words, samples. `importing/mapping.py` is the way in."""
