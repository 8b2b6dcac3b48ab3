"""What items are about: their texts as vectors, so that an item can be recommended before anybody has touched it."""
