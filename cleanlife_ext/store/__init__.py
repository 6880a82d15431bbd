"""Databases: SQLite for one machine, PostgreSQL for many, the same statements for both. It needs the extra `store`."""
