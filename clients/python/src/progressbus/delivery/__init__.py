"""From events on disk to the server, on the sender's thread."""
