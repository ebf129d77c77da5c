"""What several rules compute with: random numbers, convolutions, stacks, rows of sparse gradients."""
