"""Transport: record batches in, blobs and events out. Only the composition root is for importing."""
