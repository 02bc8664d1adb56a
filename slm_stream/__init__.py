"""A streaming service-level monitor."""
