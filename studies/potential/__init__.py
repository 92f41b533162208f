"""Paper 2: does it help to hold potentials to a distribution?"""
