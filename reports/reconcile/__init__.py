"""Counting everything that is shown a second time, from the raw rows, and telling where the two differ."""
