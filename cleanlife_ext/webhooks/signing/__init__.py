"""How deliveries are signed, and whether one is."""
