"""Faust: transport, agents and tables. Thin, and above everything in slm_stream."""
