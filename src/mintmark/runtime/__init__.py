"""Durable operations, their workers and their trail."""
