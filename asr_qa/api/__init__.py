"""HTTP API under /v1."""
