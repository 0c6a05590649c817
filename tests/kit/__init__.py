"""What several tests need: small stores, models and runs, ranks and hosts, and what may go wrong with them."""
