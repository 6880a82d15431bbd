"""The Health Gorilla API in Python."""
