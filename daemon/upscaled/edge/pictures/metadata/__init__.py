"""
What a source says of itself beside its pixels, brought into the result: EXIF, GPS, XMP, IPTC.

`carrying.carry` is the way in. One neutral value (`blocks.Blocks`) stands between the readers, the
editors and a writer for each result format. The blocks are strangers': everything read is bounded,
what is broken is left out and said, nothing here ever fails a picture or touches a pixel.
"""
