"""Texts of the report by language; every language has the same keys."""
