"""The database: engine, transactions, column types, migrations. Knows tables of no room."""
