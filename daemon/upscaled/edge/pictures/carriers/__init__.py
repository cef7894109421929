"""
What a picture's container carries beside its pixels: one small walker a container, none decodes.

`walk.walk` is the way in. The files are strangers': lengths lie, texts are bombs, chunks endless,
directories turn in circles. Every loop, copy and inflation here is bounded, nothing raises for what
a file contains, and a memory map is read only where a walker looks.
"""
