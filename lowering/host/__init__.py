"""What runs as plain Python between device programs: one module per concern."""
