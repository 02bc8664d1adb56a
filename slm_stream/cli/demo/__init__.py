"""`slm demo`: a simulated shop, judged before your eyes."""
