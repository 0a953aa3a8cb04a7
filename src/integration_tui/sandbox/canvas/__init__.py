"""A whole Canvas over the made-up district: what a client of its REST API meets."""
