"""How the starter model is judged."""
