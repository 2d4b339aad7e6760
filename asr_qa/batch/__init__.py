"""Many recordings: worker processes and their progress."""
