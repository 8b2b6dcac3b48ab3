"""The main job: a shop's history, a first model, and a client that watches events change recommendations."""
