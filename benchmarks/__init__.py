"""What a record costs: our worker next to other ways of reading the same topic."""
