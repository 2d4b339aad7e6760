"""Use cases: the order in which a call is worked on, seen through ports."""
