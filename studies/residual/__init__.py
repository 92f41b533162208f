"""Paper 3: does training with the residual error as noise help in few time steps?"""
