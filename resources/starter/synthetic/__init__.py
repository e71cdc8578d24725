"""Original training data, written by grammars: stories, personas, passages with questions, sums, instructions, talk.

Everything follows from a seed. A module offers `KINDS`: names of kinds of documents with the function that writes one.
"""
