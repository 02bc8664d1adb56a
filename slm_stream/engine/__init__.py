"""The use cases, synchronous and without a transport."""
