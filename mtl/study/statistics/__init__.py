"""What can be said of arms after a few seeds on a finite test set, and how surely."""
