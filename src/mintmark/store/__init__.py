"""The database, the blobs and the files: everything durable is written once."""
