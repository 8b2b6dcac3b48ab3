"""FoldUsers: fold the users."""
