"""The families of models behind one contract: fit, score the whole catalogue, recommend, save and load."""
