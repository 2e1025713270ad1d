"""The Deltawire protocol, version 1, in plain Python: written from PROTOCOL.md alone."""
