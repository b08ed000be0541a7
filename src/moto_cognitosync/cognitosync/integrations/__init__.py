"""Calls to other services: Kinesis streams, SNS push messages, Lambda triggers."""
