"""FoldTrends: fold the trends."""
