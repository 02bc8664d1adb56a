"""Data only: example promises and settings."""
