"""What came in, on disk: rows, and what may become of them."""
