"""What both implementations of the generator start from and share: weights, noise, constants.

For others: the protocol `Engine`; `Source`, `initial_noise` and `initial_weights` where Double-DIP
begins as a prior does; `BLOCKS`, the names of the blocks.
"""
