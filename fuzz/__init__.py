"""Random input that is bred for the code that it reaches: one module for each way in.

A module has a function ``check``, which takes bytes and raises an exception if
something must not be; ``seeds``, the inputs to begin with; and ``WORDS``, to put into
others.
"""
