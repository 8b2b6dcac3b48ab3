"""The model folder: the graph, its matrices, its vocabulary and its card."""
