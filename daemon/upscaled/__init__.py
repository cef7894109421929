"""upscaled: a watch-folder upscaler that loses nothing, pays once and explains itself."""

__version__ = "0.1.0"
