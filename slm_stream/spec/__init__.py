"""Promises as documents: YAML to checked values."""
