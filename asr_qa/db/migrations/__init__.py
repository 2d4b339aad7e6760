"""Schema revisions, applied in order; a released one is never changed."""
