"""Speech-analytics QA for call centres: recordings in, pre-scored score sheets out."""

__version__ = "0.1.0"

__all__ = ["__version__"]
