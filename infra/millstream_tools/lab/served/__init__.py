"""A model of an experiment as the folder that is served: fitted, asked as it will serve, fitted on everything."""
