"""How the tables came to be: one module a step in `versions`, run by Alembic when an older database is opened."""
