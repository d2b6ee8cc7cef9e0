"""The eight starting strategies, as package data."""
