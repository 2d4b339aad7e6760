"""Report values to files."""
