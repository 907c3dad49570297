"""An image taken apart into foreground, background and the mask between them."""
