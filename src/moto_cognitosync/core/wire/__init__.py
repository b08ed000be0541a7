"""HTTP and JSON, driven by botocore's model of a service."""
