"""One module per outside thing: the broker, files, Prometheus."""
