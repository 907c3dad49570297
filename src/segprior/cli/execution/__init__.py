"""From what was typed to what is read, done, written and told."""
