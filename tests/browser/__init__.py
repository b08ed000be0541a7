"""Tests of the inspector in a browser."""
