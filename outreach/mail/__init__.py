"""How we write: the port to mail providers, composing letters and statements, and the life of a letter."""
