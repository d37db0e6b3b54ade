"""Where to look: noise, gradients, other models, mixing."""
