"""One module per command of `slm`."""
