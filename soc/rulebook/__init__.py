"""Sigma files → plans; the only importer of pySigma."""
