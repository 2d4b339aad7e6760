"""Rule and scorecard files to core values, with every error by file and line."""
