"""
The names of all that is told of a picture's pixels and metadata, for whoever reads the rules.

Imports no imaging: a misspelt measure in the rules is found without starting a worker. What each
means stands in `measures.MEASURES`; a test holds this list to what an examination really returns.
"""

MEASURED = frozenset(
    {
        # pixels
        "border", "chf", "cnoise", "detail_px", "edgew_best", "eqn", "eqn_busy", "flat8", "g_flat",
        "g_mid", "grid", "halftone", "jpeg_life", "kurt", "lnoise", "lossless", "lum", "mono",
        "mult64", "noise", "p95", "q_eq", "r_eff", "runs", "short_px", "top8", "transp", "txt_area",
        "txt_n", "txt_share",
        # metadata
        "ai_meta", "camera", "edited", "enlarged", "exif_n", "exposure_s", "graphic", "iso", "own",
        "renderer", "scan", "screen",
    }
)  # fmt: skip
