"""Data only: what runs the monitor and what watches it."""
