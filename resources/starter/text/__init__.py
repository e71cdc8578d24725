"""Documents, the pre-tokenizer, byte-level BPE and token shards. Needs Python's own library alone, except shards."""
