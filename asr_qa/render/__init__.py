"""Report values to files: HTML, SVG, CSV and audio clips."""
