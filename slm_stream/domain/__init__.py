"""Service-level arithmetic: values and functions, no I/O and no clock."""
