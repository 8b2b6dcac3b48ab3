"""Model families: fit, score the whole catalogue, recommend, save and load."""
