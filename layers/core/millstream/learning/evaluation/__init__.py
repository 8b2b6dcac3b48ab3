"""How good a model is: questions cut from the data, ranks among all items, metrics."""
