"""Paper 2: does a surrogate that learns its width find a good one?"""
