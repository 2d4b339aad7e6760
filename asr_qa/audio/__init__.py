"""Recordings on disk to samples and stretches of speech."""
