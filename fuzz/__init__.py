"""Coverage-guided fuzzing, one module per target.

A target defines ``check``, which takes bytes and raises an exception if the mock
misbehaves; ``seeds``, which returns the initial inputs; and ``WORDS``, a list of
strings for the fuzzer to insert into inputs.
"""
