"""What several tests need: small stores, and a way to run a function on several ranks."""
