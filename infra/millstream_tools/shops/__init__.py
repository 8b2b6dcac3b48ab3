"""Shops to try the recommender on: a contract, a simulated shop, recorded ones. They know nothing of Millstream."""
