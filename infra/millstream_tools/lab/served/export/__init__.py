"""What every exported model shares: the parts of a graph, the file of its matrices, and the folder that is served."""
