"""How a delivery that was captured is signed, found out by trying."""
