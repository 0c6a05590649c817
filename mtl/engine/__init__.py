"""DeepSpeed, the optimizer, the loop: training, and nothing about tasks."""
