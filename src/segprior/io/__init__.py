"""Files and arrays in and out: reading, decoding, encoding, and writing whole or not at all.

For others: `as_image` of ``image``, `save_segmentation` of ``export``, ``label_maps``,
``pictures``, ``ground_truth``, ``window_reader`` and ``window_writer``; ``registry`` knows the
formats.
"""
