"""The state of each booking, from events in any order."""
