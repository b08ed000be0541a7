"""The only code that hooks into, patches or configures moto and boto3."""
