"""What we learn and measure: the declarations, one file a task."""
