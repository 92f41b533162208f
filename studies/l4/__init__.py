"""Paper 1: do weights adjusted by their L4 norm help a converted network?"""
