"""Test, then learn: every event of a stream is a question first and experience afterwards.

J. Gama, R. Sebastião, P. P. Rodrigues, "On evaluating stream learning algorithms", Machine Learning 2013; for
recommenders J. Vinagre, A. M. Jorge, J. Gama, "Evaluation of recommender systems in streaming environments", 2014.
"""
