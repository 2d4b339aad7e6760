"""The pure heart: frozen values and functions from one to the next; no I/O, no clock, no environment."""
