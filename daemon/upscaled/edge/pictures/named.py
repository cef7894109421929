"""
The names of all that is told of a picture's pixels and metadata, and what each means.

Imports no imaging: a misspelt measure in the rules is found, and a measure explained, without
starting a worker. A test holds these names to what an examination really returns.
"""

MEASURES = {
    "top8": "share of pixels in the eight most frequent colours, 5 bits a channel; 0..1",
    "eqn": "native: share of horizontal neighbours of exactly equal luma; 0..1",
    "eqn_busy": "native: share of equal neighbours in 8-px blocks that are no even ground; 0..1",
    "g_flat": "share of pixels with Sobel magnitude below 6 grey levels; 0..1",
    "g_mid": "share of pixels with Sobel magnitude 12 to 120 grey levels; 0..1",
    "border": "width of a paper border on its third widest side, share of the side; 0 none..0.3",
    "txt_n": "letters standing in lines, per 100,000 px",
    "txt_share": "letters standing in lines as a share of all stroke components; 0..1",
    "txt_area": "ink of the letters standing in lines, as a share of the picture; 0..1",
    "noise": "native: noise floor, grey sigma; 0..",
    "lnoise": "median absolute high-pass of luma in the quietest 30 %, grey levels",
    "cnoise": "median absolute high-pass of CIE a and b in the quietest 30 %",
    "edgew_best": "edge step over range in the sharpest parts; 0 soft .. 1 one-pixel edges",
    "r_eff": "share of Nyquist that holds 90 % of the detail; 0..1, 1 also where unknown",
    "halftone": "native: share of fine energy in one peak off the axes; 0..1, a raster above 0.2",
    "runs": "native: side of the equal blocks of enlarged pixel art, px; 1 none..64",
    "q_eq": "JPEG-equivalent quality; 0..100, 100 never compressed",
    "grid": "vote-grid strength: steps that gather on the 8-px grid; 0..about 0.4",
    "jpeg_life": "1 where the file or its pixels have been a JPEG",
    "lossless": "1 where the file's compression is lossless and the pixels were never a JPEG",
    "detail_px": "long side times min(1, r_eff / 0.77), px",
    "short_px": "short side, px",
    "kurt": "native: log(1 + kurtosis) of the diagonal Haar coefficient",
    "chf": "native: log10 ratio of diagonal high-pass energy in Cr to that in luma",
    "flat8": "native: share of 8-px blocks with standard deviation below 0.6; 0..1",
    "mono": "1 where the picture is grey, 2 where it is toned in one pale hue, else 0",
    "lum": "mean luma, grey levels",
    "p95": "95th percentile of luma, grey levels",
    "transp": "share of pixels with alpha below 128; 0..1",
    "mult64": "1 where both sides are multiples of 64",
}
"""What the pixels measure: meaning, unit and range. 'native' is at full size, not a copy."""

_TRUST = "how far it is trusted; 1 as good as proof, 0.6 strong, 0.3 a hint, 0 none"
STATED = {
    "own": f"mark of a result of ours: {_TRUST}",
    "ai_meta": f"mark of an image generator: {_TRUST}",
    "edited": f"mark of a photograph with a generated part: {_TRUST}",
    "enlarged": f"mark of another enlarger: {_TRUST}",
    "renderer": f"mark of a 3D renderer: {_TRUST}",
    "graphic": f"mark of something drawn or computed: {_TRUST}",
    "camera": f"mark of a camera: {_TRUST}",
    "scan": f"mark of a scan: {_TRUST}",
    "screen": f"mark of a screen capture: {_TRUST}",
    "exif_n": "number of EXIF fields",
    "exposure_s": "exposure time, seconds; 0 unsaid",
    "iso": "sensitivity of the exposure, ISO; 0 unsaid",
}
"""What the metadata says."""

MEANINGS = MEASURES | STATED
MEASURED = frozenset(MEANINGS)
