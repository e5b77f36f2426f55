"""A real model on llama.cpp's own server behind the bridge (`make model`, by hand)."""
