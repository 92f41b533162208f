"""How fast does a converted network come up to its artificial one, by scaling rule?"""
