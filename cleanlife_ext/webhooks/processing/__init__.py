"""What came in is processed, beside whoever receives it."""
