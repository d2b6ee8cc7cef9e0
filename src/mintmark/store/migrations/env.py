"""Alembic's entry: run the migrations on the connection ``store.schema`` holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
