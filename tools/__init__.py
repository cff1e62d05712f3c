"""What makes derived files, and what tests, tools and benchmarks share."""
