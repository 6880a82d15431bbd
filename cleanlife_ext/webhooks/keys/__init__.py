"""Which secrets count, and how one comes to be and goes."""
