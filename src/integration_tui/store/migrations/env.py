"""How Alembic runs here: on the connection and in the transaction it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite's ALTER TABLE can do little
    transactional_ddl=False,  # the transaction is `migrate.upgrade`'s
)
context.run_migrations()
