"""Amazon Cognito Identity as a moto service."""
